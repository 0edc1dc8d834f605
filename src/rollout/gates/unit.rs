//! The state of a unit on a host. A unit that is not there fails; a host that has nobody to tell is unknown.

use std::time::Duration;

use super::round::Outcome;
use crate::model::gate::UnitState;
use crate::model::host::Host;
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};
use crate::remote::unit::{UnitAnswer, is_unit_name, parse_unit, unit_script};

pub(super) async fn ask<T: Transport>(
    unit: &str,
    wanted: UnitState,
    host: &Host,
    timeout: Duration,
    transport: &T,
) -> Outcome {
    if !is_unit_name(unit) {
        return Outcome::unknown(format!("`{unit}` is not the name of a unit"));
    }
    let nonce = Nonce::from_bits(rand::random());
    let script = match unit_script(unit, nonce.clone()) {
        Ok(script) => script,
        Err(error) => return Outcome::unknown(error.to_string()),
    };
    let connection = match transport.connect(host).await {
        Ok(connection) => connection,
        Err(error) => return Outcome::fail(error.to_string()),
    };
    let request = ScriptRequest {
        script,
        privileged: true,
        timeout,
    };
    let answer = connection.run(&request).await;
    connection.close().await;
    match answer.and_then(|answer| parse_unit(&answer, &nonce)) {
        Ok(answer) => judged(unit, wanted, &answer),
        Err(error) => Outcome::unknown(error.to_string()),
    }
}

fn judged(unit: &str, wanted: UnitState, answer: &UnitAnswer) -> Outcome {
    match answer {
        UnitAnswer::State { active, sub } => {
            let words = match sub.as_str() {
                "" => format!("{unit} is {active}"),
                sub => format!("{unit} is {active} ({sub})"),
            };
            // A unit that reads its configuration anew serves meanwhile.
            let is_reloading = active == "reloading" && wanted == UnitState::Active;
            if active == wanted.as_str() || is_reloading {
                Outcome::pass(words)
            } else {
                Outcome::fail(format!("{words}, not {}", wanted.as_str()))
            }
        }
        UnitAnswer::Missing => Outcome::fail(format!("there is no unit {unit}")),
        UnitAnswer::Untold(why) => Outcome::unknown(format!("the state of {unit} cannot be told: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gate::GateResult;

    #[test]
    fn a_unit_is_judged_by_the_state_that_was_asked_for() {
        let result = |active: &str, wanted| {
            let answer = UnitAnswer::State {
                active: active.to_owned(),
                sub: String::new(),
            };
            judged("web.service", wanted, &answer).result
        };
        assert_eq!(result("active", UnitState::Active), GateResult::Pass);
        assert_eq!(result("reloading", UnitState::Active), GateResult::Pass);
        assert_eq!(result("activating", UnitState::Active), GateResult::Fail);
        assert_eq!(result("inactive", UnitState::Inactive), GateResult::Pass);
        assert_eq!(
            judged("x", UnitState::Inactive, &UnitAnswer::Missing).result,
            GateResult::Fail
        );
        let untold = UnitAnswer::Untold("no init".to_owned());
        assert_eq!(judged("x", UnitState::Active, &untold).result, GateResult::Unknown);
    }
}
