//! Who is meant by a name that somebody typed.

use super::reader::Reading;
use crate::domain::error::Error;
use crate::domain::ids::AgentId;

impl Reading<'_> {
    /// The agents, blocked ones left out, that a typed name means: username, e-mail or full name in any
    /// case, with or without `@`; where these mean nobody, the first name.
    pub fn agents_called(&self, typed: &str) -> Result<Vec<AgentId>, Error> {
        let wanted = normal(typed.trim().trim_start_matches('@'));
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        // SQLite knows upper and lower case of ASCII only; there are few agents.
        let sql = r"SELECT id, email, username, first_name, last_name FROM agents WHERE is_blocked = 0 ORDER BY id";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([])?;
        let (mut certain, mut by_first_name) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            let id = AgentId(row.get(0)?);
            let email: Option<String> = row.get(1)?;
            let username: Option<String> = row.get(2)?;
            let (first, last): (String, String) = (row.get(3)?, row.get(4)?);
            let exact = [email, username, Some(format!("{first} {last}"))];
            if exact.iter().flatten().any(|name| normal(name) == wanted) {
                certain.push(id);
            } else if normal(&first) == wanted {
                by_first_name.push(id);
            }
        }
        Ok(if certain.is_empty() {
            by_first_name
        } else {
            certain
        })
    }
}

fn normal(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
