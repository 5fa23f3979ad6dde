# Ilovaga javoblar
device-registered = Qurilma muvaffaqiyatli ro‘yxatdan o‘tkazildi
greeting-plain = Assalomu alaykum!
greeting-named = Assalomu alaykum, { $name }!

# Xatolar
error-internal = Ichki xato. So‘rov raqami: { $request }.
error-not-found = Topilmadi.
error-method-not-allowed = Bu usul bu yerda qo‘llanmaydi.
error-invalid-request = So‘rovni o‘qib bo‘lmadi.
error-invalid-json = So‘rov tanasi JSON emas.
error-invalid-multipart = So‘rov tanasi multipart/form-data emas.
error-invalid-field = { $field } maydonining qiymati noto‘g‘ri.
error-missing-field = { $field } maydoni majburiy.
error-out-of-range = { $field } maydoni { $min } dan { $max } gacha bo‘lishi kerak.
error-invalid-user-id = { $field } maydoni: 1 dan { $max } tagacha belgi, boshqaruv belgilarisiz.
error-message-too-long = { $field } maydoni: ko‘pi bilan { $max } belgi.
error-name-too-long = { $field } maydoni: ko‘pi bilan { $max } belgi.
error-field-too-long = { $field } maydoni: ko‘pi bilan { $max } belgi.
error-empty-message = Matnsiz xabar faqat surat bilan bo‘lishi mumkin.
error-invalid-url = { $field } maydoniga http yoki https manzil kerak.
error-too-many-photos = Bitta xabarda ko‘pi bilan { $max } ta surat.
error-photo-too-large = Surat { $max } baytdan katta.
error-not-an-image = Bu surat emas: PNG, JPEG, GIF va WebP qabul qilinadi.
error-too-many-pixels = Suratda { $max } megapikseldan ko‘p.
error-unsupported-content-type = Bu turdagi mazmun qabul qilinmaydi; mos turlar: { $accepted }.
error-body-too-large = So‘rov tanasi { $max } baytdan katta.
error-upload-timed-out = So‘rov tanasi juda sekin kelmoqda.
error-both-cursors = after_id va before_id dan faqat bittasini bering.
error-client-msg-id-mismatch = Idempotency-Key sarlavhasi va client_msg_id maydoni farq qiladi.
error-client-msg-id-reused = Bu client_msg_id boshqa xabarga tegishli.
error-unauthorized = Haqiqiy token kerak.
error-forbidden = Bu boshqa foydalanuvchiga tegishli.
error-range-not-satisfiable = Fayl qisqaroq: unda { $size } bayt bor.
error-rate-limited = So‘rovlar juda ko‘p. { $seconds } soniyadan keyin qayta urinib ko‘ring.
error-shutting-down = Server to‘xtamoqda.
error-storage-full = Serverda joy tugadi.
error-user-id-required = user_id majburiy
error-session-not-found = Sessiya topilmadi.

# Telefonga bildirishnomalar
push-title = Qo‘llab-quvvatlash javobi
push-test = Sinov bildirishnomasi: hammasi ishlayapti
push-photo = 📷 Surat
push-video = 🎬 Video
push-video-note = 🎬 Video xabar
push-animation = 🎞 GIF
push-audio = 🎵 Audio
push-voice = 🎤 Ovozli xabar
push-document = 📄 Hujjat
push-sticker = 🙂 Stiker
push-location = 📍 Joylashuv
push-contact = 👤 Kontakt
push-files = 📎 Fayllar
