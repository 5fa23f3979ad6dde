// Calls to the desk, what a browser keeps between pages, and whose a token is.

export function ask(method, url, { token, key, lang, body, progress } = {}) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    if (token) request.setRequestHeader('Authorization', `Bearer ${token}`);
    if (key) request.setRequestHeader('X-Session-Key', key);
    if (lang) request.setRequestHeader('Accept-Language', lang);
    const form = body instanceof FormData;
    if (body && !form) request.setRequestHeader('Content-Type', 'application/json');
    if (form) request.upload.onprogress = (event) => event.lengthComputable && progress?.(event.loaded / event.total);
    else request.timeout = 30000;
    const end = () => {
      let data = null;
      try {
        data = JSON.parse(request.responseText);
      } catch {
        // An answer without a body, or a proxy's page.
      }
      done({ status: request.status, data });
    };
    request.onload = request.onerror = request.ontimeout = end;
    request.send(form || !body ? body : JSON.stringify(body));
  });
}

// What outlives the page: one record for each server and user. A browser that keeps nothing gets memory.
export function keep(name) {
  let memory = '{}';
  const read = () => {
    try {
      return JSON.parse(localStorage.getItem(name) ?? memory) ?? {};
    } catch {
      return JSON.parse(memory);
    }
  };
  return {
    read,
    watch(act) {
      addEventListener('storage', (event) => event.key === name && act(read()));
    },
    change(edit) {
      const record = read();
      edit(record);
      memory = JSON.stringify(record);
      try {
        localStorage.setItem(name, memory);
      } catch {
        // Private windows and full disks: it lasts as long as the page.
      }
    },
  };
}

// Whose token it is; the server proves it, here it only tells users of one browser apart.
export function subject(token) {
  try {
    return String(JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))).sub);
  } catch {
    return token;
  }
}
