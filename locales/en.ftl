# Answers to the app
device-registered = Device registered successfully
greeting-plain = Hello!
greeting-named = Hello, { $name }!

# Errors
error-internal = Internal error. Request number: { $request }.
error-not-found = Not found.
error-method-not-allowed = This method is not supported here.
error-invalid-request = The request could not be read.
error-invalid-json = The request body is not JSON.
error-invalid-multipart = The request body is not multipart/form-data.
error-invalid-field = Field { $field } has a wrong value.
error-missing-field = Field { $field } is required.
error-out-of-range = Field { $field } must be from { $min } to { $max }.
error-invalid-user-id = Field { $field }: 1 to { $max } characters, no control characters.
error-message-too-long = Field { $field }: at most { $max } characters.
error-name-too-long = Field { $field }: at most { $max } characters.
error-field-too-long = Field { $field }: at most { $max } characters.
error-empty-message = A message without text needs a photo.
error-invalid-url = Field { $field } needs an http or https address.
error-too-many-photos = At most { $max } photos in one message.
error-photo-too-large = A photo is larger than { $max } bytes.
error-not-an-image = This is not a photo: PNG, JPEG, GIF and WebP are taken.
error-too-many-pixels = A photo has more than { $max } megapixels.
error-unsupported-content-type = This content type is not taken here; these are: { $accepted }.
error-body-too-large = The request body is larger than { $max } bytes.
error-upload-timed-out = The request body arrives too slowly.
error-both-cursors = Give only one of after_id and before_id.
error-client-msg-id-mismatch = The header Idempotency-Key and the field client_msg_id differ.
error-client-msg-id-reused = This client_msg_id belongs to another message.
error-unauthorized = A valid token is needed.
error-forbidden = This belongs to another user.
error-range-not-satisfiable = The file is shorter: it has { $size } bytes.
error-rate-limited = Too many requests. Try again in { $seconds } s.
error-shutting-down = The server is stopping.
error-storage-full = The server has run out of space.
error-user-id-required = user_id is required
error-session-not-found = Session not found.

# Pushes to phones
push-title = Reply from support
push-test = Test notification: it works
push-photo = 📷 Photo
push-video = 🎬 Video
push-video-note = 🎬 Video message
push-animation = 🎞 GIF
push-audio = 🎵 Audio
push-voice = 🎤 Voice message
push-document = 📄 Document
push-sticker = 🙂 Sticker
push-location = 📍 Location
push-contact = 👤 Contact
push-files = 📎 Files
