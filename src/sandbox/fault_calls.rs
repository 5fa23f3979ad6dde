//! The faults a test or the demo's page can call for. What they do to one call is in `faults`, to
//! connections in `port`, to FCM's answers in `fcm::state`.

use super::Sandbox;
use super::faults::Fault;

impl Sandbox {
    /// From here on connections to the Bot API are refused; live ones are cut.
    pub async fn telegram_down(&self) {
        self.inner.telegram.shut().await;
        self.change(|_| ());
    }

    /// The Bot API can be reached again, on the same port; a general slow-down ends.
    pub async fn telegram_up(&self) -> std::io::Result<()> {
        self.inner.telegram.open(self.telegram_site()).await?;
        self.change(|world| world.faults.slow_down = false);
        Ok(())
    }

    /// Every Bot API call is answered 429 with `retry_after` 5, until [`Sandbox::telegram_up`].
    pub fn telegram_slow_down(&self) {
        self.change(|world| world.faults.slow_down = true);
    }

    /// Plans a fault for the next `times` Bot API calls of a method (case does not matter); `file` is
    /// the download of a file. `None`: any call but `getUpdates`; `*`: that too.
    pub fn break_next(&self, fault: Fault, method: Option<&str>, times: usize) {
        self.change(|world| world.faults.plan(fault, method, times));
    }

    /// Plans a fault like [`Sandbox::break_next`], for calls about one chat only.
    pub fn break_next_in(&self, chat_id: i64, fault: Fault, method: Option<&str>, times: usize) {
        self.change(|world| world.faults.plan_in(Some(chat_id), fault, method, times));
    }

    /// Drops all planned faults, also those of FCM; ports stay as they are.
    pub fn faults_over(&self) {
        self.change(|world| {
            world.faults.clear();
            world.fcm.faults.clear();
            world.fcm.fail_all = None;
        });
    }

    /// Planned Bot API faults that did not happen yet.
    pub fn faults_planned(&self) -> usize {
        self.look(|world| world.faults.planned())
    }

    /// From here on connections to FCM and its token endpoint are refused; live ones are cut.
    pub async fn fcm_down(&self) {
        self.inner.fcm.shut().await;
        self.change(|_| ());
    }

    /// FCM can be reached again, on the same port.
    pub async fn fcm_up(&self) -> std::io::Result<()> {
        self.inner.fcm.open(self.fcm_site()).await?;
        self.change(|_| ());
        Ok(())
    }

    /// Plans a fault for the next `times` FCM calls of a method: `send` (the default) or `token`.
    pub fn fcm_break_next(&self, fault: Fault, method: Option<&str>, times: usize) {
        self.change(|world| {
            world
                .fcm
                .faults
                .plan(fault, Some(method.unwrap_or("send")), times)
        });
    }

    /// Every send is refused with this status, and `Retry-After` in seconds where given.
    pub fn fcm_fail_all(&self, status: u16, retry_after: Option<u64>) {
        self.change(|world| world.fcm.fail_all = Some((status, retry_after)));
    }

    /// Ends [`Sandbox::fcm_fail_all`].
    pub fn fcm_ok(&self) {
        self.change(|world| world.fcm.fail_all = None);
    }

    /// The app of this token was removed: 404 `UNREGISTERED`.
    pub fn token_is_unregistered(&self, token: &str) {
        self.change(|world| world.fcm.unregistered.insert(token.to_owned()));
    }

    /// This token is none: 400 `INVALID_ARGUMENT` that names `message.token`.
    pub fn token_is_invalid(&self, token: &str) {
        self.change(|world| world.fcm.invalid.insert(token.to_owned()));
    }

    /// This token is of another project: 403 `SENDER_ID_MISMATCH`.
    pub fn sender_id_mismatch(&self, token: &str) {
        self.change(|world| world.fcm.mismatched.insert(token.to_owned()));
    }

    /// Ends all that was said of this token.
    pub fn token_is_fine(&self, token: &str) {
        self.change(|world| {
            let fcm = &mut world.fcm;
            for marked in [&mut fcm.unregistered, &mut fcm.invalid, &mut fcm.mismatched] {
                marked.remove(token);
            }
        });
    }

    /// The next send is refused with an `INVALID_ARGUMENT` that does not name the token.
    pub fn payload_invalid_once(&self) {
        self.change(|world| world.fcm.payload_invalid += 1);
    }

    /// Whether the token endpoint refuses the account: 400 `invalid_grant`. Bearers it gave are void.
    pub fn refuse_service_account(&self, refuse: bool) {
        self.change(|world| {
            world.fcm.refuse_account = refuse;
            if refuse {
                world.fcm.bearers.clear();
            }
        });
    }

    /// Voids all bearers given so far: sends with them are 401.
    pub fn void_bearers(&self) {
        self.change(|world| world.fcm.bearers.clear());
    }
}
