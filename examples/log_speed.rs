//! How fast a log is read: `cargo run --release --example log_speed -- FILE…` prints megabytes a second, the peak of
//! memory and the tally. `--repeat MB IN OUT` makes a large log of a small one, for `tests/bench/log.sh`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use pgassay::source::log::{Settings, read};

fn main() -> miette::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [option, megabytes, from, to] = arguments.as_slice()
        && option == "--repeat"
    {
        repeat(megabytes.parse().expect("a number of megabytes"), from, to).expect("a log to repeat");
        return Ok(());
    }
    let paths: Vec<PathBuf> = arguments.iter().map(PathBuf::from).collect();
    let start = Instant::now();
    let mut letters = 0;
    let tally = read(&paths, &Settings::default(), &mut |_, _| {}, &mut |event| {
        if let pgassay::source::log::Event::Execution(execution) = event {
            letters += execution.text.len();
        }
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let megabytes = tally.bytes as f64 / 1e6;
    println!("{tally:#?}");
    println!("{letters} bytes of SQL");
    println!("{megabytes:.1} MB in {seconds:.2} s: {:.0} MB/s, peak memory {}", megabytes / seconds, peak());
    Ok(())
}

/// `VmHWM` of Linux; other systems do not tell.
fn peak() -> String {
    let status = match std::fs::read_to_string("/proc/self/status") {
        Ok(status) => status,
        Err(error) => return format!("unknown ({error})"),
    };
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or("unknown".to_owned(), |peak| peak.trim().to_owned())
}

/// Writes the log again and again, each time a minute later, until it is large.
fn repeat(megabytes: u64, from: &str, to: &str) -> std::io::Result<()> {
    let log = std::fs::read_to_string(from)?;
    let mut out = BufWriter::new(File::create(to)?);
    let mut written = 0;
    let mut round = 0;
    while written < megabytes * 1_000_000 {
        let (hour, minute) = (round / 60 % 24, round % 60);
        for line in log.split_inclusive('\n') {
            let start = if line.starts_with("{\"timestamp\":\"") { 14 } else { 0 };
            let stamp = line.as_bytes().get(start..start + 19).unwrap_or_default();
            let is_stamped = stamp.len() == 19 && stamp[4] == b'-' && stamp[13] == b':';
            let line = if is_stamped {
                format!("{}{hour:02}:{minute:02}{}", &line[..start + 11], &line[start + 16..])
            } else {
                line.to_owned()
            };
            out.write_all(line.as_bytes())?;
            written += line.len() as u64;
        }
        round += 1;
    }
    out.flush()
}
