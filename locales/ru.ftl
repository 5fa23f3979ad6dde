# Ответы приложению
device-registered = Устройство зарегистрировано успешно
greeting-plain = Здравствуйте!
greeting-named = Здравствуйте, { $name }!

# Ошибки
error-internal = Внутренняя ошибка. Номер запроса: { $request }.
error-not-found = Не найдено.
error-method-not-allowed = Этот метод здесь не поддерживается.
error-invalid-request = Запрос не удалось разобрать.
error-invalid-json = Тело запроса — не JSON.
error-invalid-multipart = Тело запроса — не multipart/form-data.
error-invalid-field = Поле { $field } имеет неверное значение.
error-missing-field = Поле { $field } обязательно.
error-out-of-range = Поле { $field } должно быть от { $min } до { $max }.
error-invalid-user-id = Поле { $field }: от 1 до { $max } символов, без управляющих символов.
error-message-too-long = Поле { $field }: не больше { $max } символов.
error-name-too-long = Поле { $field }: не больше { $max } символов.
error-field-too-long = Поле { $field }: не больше { $max } символов.
error-empty-message = Сообщение без текста возможно только с фото.
error-invalid-url = Поле { $field }: нужен адрес http или https.
error-too-many-photos = Не больше { $max } фото в одном сообщении.
error-photo-too-large = Фото больше { $max } байт.
error-not-an-image = Это не фото: подходят PNG, JPEG, GIF и WebP.
error-too-many-pixels = В фото больше { $max } мегапикселей.
error-unsupported-content-type = Этот тип содержимого здесь не принимается; подходят: { $accepted }.
error-body-too-large = Тело запроса больше { $max } байт.
error-upload-timed-out = Тело запроса приходит слишком медленно.
error-both-cursors = Укажите только один из параметров after_id и before_id.
error-client-msg-id-mismatch = Заголовок Idempotency-Key и поле client_msg_id различаются.
error-client-msg-id-reused = Этот client_msg_id уже был у другого сообщения.
error-unauthorized = Нужен действительный токен.
error-forbidden = Это данные другого пользователя.
error-range-not-satisfiable = Файл короче: в нём { $size } байт.
error-rate-limited = Слишком много запросов. Повторите через { $seconds } с.
error-shutting-down = Сервер останавливается.
error-storage-full = На сервере закончилось место.
error-user-id-required = user_id обязателен
error-session-not-found = Сессия не найдена.

# Уведомления на телефон
push-title = Ответ от поддержки
push-test = Проверка уведомлений: всё работает
push-photo = 📷 Фото
push-video = 🎬 Видео
push-video-note = 🎬 Видеосообщение
push-animation = 🎞 GIF
push-audio = 🎵 Аудио
push-voice = 🎤 Голосовое сообщение
push-document = 📄 Документ
push-sticker = 🙂 Стикер
push-location = 📍 Местоположение
push-contact = 👤 Контакт
push-files = 📎 Файлы
