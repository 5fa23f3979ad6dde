//! Faults the sandbox plays: what can go wrong with one call, and which calls it is planned for.
//! Whole outages (no connection at all) are in `port`.

/// What happens to one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 with this `retry_after` in seconds; the call has no effect.
    TooManyRequests {
        /// Seconds.
        retry_after: u64,
    },
    /// The connection is cut before the call had any effect.
    CutBeforeAccept,
    /// The call takes effect, then the connection is cut without an answer.
    CutAfterAccept,
    /// No effect and no answer; the connection stays open.
    Hang,
    /// The call takes effect, then no answer comes.
    HangAfterAccept,
    /// 502 with an HTML page; no effect.
    BadGateway,
    /// The call takes effect and is answered with 200 and something that is no JSON.
    Garbage200,
    /// 500 in the service's own JSON; no effect.
    ServerError500,
    /// 403 as for a bot that was kicked; no effect.
    Forbidden,
    /// Any refusal, for what has no variant of its own; no effect.
    Refuse {
        /// HTTP status.
        status: u16,
        /// The description, prefix included: `Bad Request: …`.
        description: String,
    },
}

struct Planned {
    fault: Fault,
    method: Option<String>,
    /// Calls about this chat only.
    chat_id: Option<i64>,
    left: usize,
}

#[derive(Default)]
pub(super) struct Faults {
    planned: Vec<Planned>,
    /// Every call is told to slow down, until Telegram is "up" again.
    pub slow_down: bool,
}

/// Seconds told while everything is slowed down.
const SLOW_DOWN_SECONDS: u64 = 5;

impl Faults {
    pub fn plan(&mut self, fault: Fault, method: Option<&str>, times: usize) {
        self.plan_in(None, fault, method, times);
    }

    pub fn plan_in(
        &mut self,
        chat_id: Option<i64>,
        fault: Fault,
        method: Option<&str>,
        times: usize,
    ) {
        self.planned.push(Planned {
            fault,
            method: method.map(str::to_lowercase),
            chat_id,
            left: times,
        });
    }

    /// The fault for a call of `method` about a chat, if it is about one, used up by asking. A fault planned for no method in
    /// particular spares `getUpdates`, which runs all the time and would eat it; `*` spares nothing.
    pub fn next(&mut self, method: &str, chat_id: Option<i64>) -> Option<Fault> {
        if self.slow_down {
            return Some(Fault::TooManyRequests {
                retry_after: SLOW_DOWN_SECONDS,
            });
        }
        let method = method.to_lowercase();
        let planned = self.planned.iter_mut().find(|planned| {
            planned.left > 0
                && (planned.chat_id.is_none() || planned.chat_id == chat_id)
                && match planned.method.as_deref() {
                    None => method != "getupdates",
                    Some("*") => true,
                    Some(wanted) => wanted == method,
                }
        })?;
        planned.left -= 1;
        let fault = planned.fault.clone();
        self.planned.retain(|planned| planned.left > 0);
        Some(fault)
    }

    /// How many planned faults have not happened yet.
    pub fn planned(&self) -> usize {
        self.planned.iter().map(|planned| planned.left).sum()
    }

    pub fn clear(&mut self) {
        self.planned.clear();
        self.slow_down = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_as_often_as_planned_to_its_method_only() {
        let mut faults = Faults::default();
        faults.plan(Fault::Hang, Some("sendMessage"), 2);
        assert_eq!(faults.next("SendPhoto", None), None);
        assert_eq!(faults.next("SendMessage", None), Some(Fault::Hang));
        assert_eq!(faults.next("sendmessage", None), Some(Fault::Hang));
        assert_eq!(faults.next("sendMessage", None), None);
    }

    #[test]
    fn a_fault_of_one_chat_spares_the_others() {
        let mut faults = Faults::default();
        faults.plan_in(Some(7), Fault::Hang, Some("sendMessage"), 1);
        assert_eq!(faults.next("sendMessage", None), None);
        assert_eq!(faults.next("sendMessage", Some(8)), None);
        assert_eq!(faults.next("sendPhoto", Some(7)), None);
        assert_eq!(faults.next("sendMessage", Some(7)), Some(Fault::Hang));
        assert_eq!(faults.planned(), 0);
    }

    #[test]
    fn a_fault_for_any_method_spares_polling() {
        let mut faults = Faults::default();
        faults.plan(Fault::BadGateway, None, 1);
        assert_eq!(faults.next("GetUpdates", None), None);
        assert_eq!(faults.planned(), 1);
        assert_eq!(faults.next("getMe", None), Some(Fault::BadGateway));
        faults.plan(Fault::BadGateway, Some("*"), 1);
        assert_eq!(faults.next("getUpdates", None), Some(Fault::BadGateway));
    }
}
