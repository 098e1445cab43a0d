//! Targets of requests: known where a log says what a request is.

use super::super::Score;
use super::super::lookup::Lookup;
use super::score;
use crate::analysis::requests::{By, MIN_REQUESTS, Requests};
use crate::units::{Count, Ms};

/// The time that a request's statements take together.
pub(super) fn time(lookup: &Lookup<'_>, target: &str, most: f64, of: fn(&Requests) -> Option<f64>) -> Score {
    let wanted = format!("<= {}", Ms(most));
    let requests = match observed(lookup) {
        Ok(requests) => requests,
        Err(why) => return score(target, wanted, None, why),
    };
    if requests.timed < requests.count {
        let why = format!(
            "not observed, because {} of {} have statements without a duration in the log",
            Count((requests.count - requests.timed) as f64),
            named(requests)
        );
        return score(target, wanted, None, why);
    }
    let Some(ms) = of(requests) else {
        return score(target, wanted, None, format!("not observed, because the log holds only {}", named(requests)));
    };
    let slowest = requests.slowest.as_ref().filter(|_| target.ends_with("p95"));
    let slowest =
        slowest.map_or(String::new(), |(route, ms)| format!("; the slowest route is {route} with {}", Ms(*ms)));
    let how = format!("time of the statements of {} in the log, the program's own left out{slowest}", named(requests));
    score(target, wanted, Some((Ms(ms).to_string(), ms <= most)), how)
}

/// How many statements a request runs.
pub(super) fn statements(lookup: &Lookup<'_>, most: u64) -> Score {
    let (target, wanted) = ("statements-per-request", format!("<= {}", Count(most as f64)));
    let requests = match observed(lookup) {
        Ok(requests) => requests,
        Err(why) => return score(target, wanted, None, why),
    };
    if requests.count < MIN_REQUESTS {
        return score(target, wanted, None, format!("not observed, because the log holds only {}", named(requests)));
    }
    let seen = requests.statements_p95;
    let busiest = requests.busiest.as_ref();
    let busiest =
        busiest.map_or(String::new(), |(route, count)| format!("; most on {route} with {}", Count(*count as f64)));
    let how = format!(
        "95 of 100 of {} in the log run so many or fewer, one ran {}{busiest}",
        named(requests),
        Count(requests.statements_most as f64)
    );
    score(target, wanted, Some((Count(seen as f64).to_string(), seen <= most)), how)
}

/// The requests, or why none were observed.
fn observed<'a>(lookup: &Lookup<'a>) -> Result<&'a Requests, String> {
    let analyses = lookup.material.analyses;
    let Some(log) = analyses.log else {
        return Err("not observed, because no log was read, and counters know nothing of requests (--log)".to_owned());
    };
    if log.partial {
        return Err("not observed, because the log holds only a part of the statements".to_owned());
    }
    let why = "not observed, because nothing in the log says what a request is: neither traceparent tags nor BEGIN and COMMIT";
    analyses.requests.as_ref().ok_or_else(|| why.to_owned())
}

fn named(requests: &Requests) -> String {
    let kind = match (requests.by, requests.count) {
        (By::Trace, 1) => "request (by traceparent)",
        (By::Trace, _) => "requests (by traceparent)",
        (By::Transaction, 1) => "transaction, taken for a request",
        (By::Transaction, _) => "transactions, taken for requests",
    };
    format!("{} {kind}", Count(requests.count as f64))
}
