//! The advice within a budget that is counted in `HypoPG`'s sizes, as other advisors count it: for `tests/bench/tpch.sh`.
//!
//! `advise_sized SNAPSHOT URL JUDGE BYTES…`: the server at URL is that of the snapshot and has `HypoPG`, which says how large
//! an index would be. JUDGE is `hypopg`, which plans too, or a directory with the binaries for a lab. Each budget is
//! advised on anew. Prints a JSON object a line: indexes, questions, seconds. With `ADVISE_CAUTION=none` every figure of
//! the planner is believed, as other advisors do: a switch of this example, not of the program.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pgassay::advisor::{self, Budget, Candidates, Caution, Input, Options, Recommendations, Step};
use pgassay::ident::QualifiedName;
use pgassay::server::{Environment, Session, Target, TargetOptions};
use pgassay::snapshot::Snapshot;
use pgassay::source::file;
use pgassay::what_if::hypopg::imagines;
use pgassay::what_if::lab::{Lab, LabOptions};
use pgassay::what_if::oracle::{Oracle, Wanted, Ways};
use pgassay::what_if::{Design, Known, Size};
use pgassay::workload::Workload;

/// Bytes of a block.
const BLOCK: u64 = 8192;

type Sizes = BTreeMap<Design, Size>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, url, judge, budgets @ ..] = arguments.as_slice() else {
        return Err("usage: advise_sized SNAPSHOT URL hypopg|BIN BYTES…".into());
    };
    let snapshot = file::read(path)?;
    let workload = Workload::build(&snapshot);
    let target = Target::resolve(Some(url), &TargetOptions::default(), &Environment::of_this_process())?;
    let mut server = Session::open(&target).await?;
    let caution = match std::env::var("ADVISE_CAUTION").as_deref() {
        Ok("none") => Caution::None,
        _ => Caution::Usual,
    };
    let sizes = sizes(&mut server, &snapshot, &workload, caution).await?;
    for budget in budgets {
        let limit = Options { budget: Some(Budget::Bytes(budget.parse()?)), ..Options::default() };
        let begun = Instant::now();
        let ways = match judge.as_str() {
            "hypopg" => Ways { server: Some(&mut server), wanted: Wanted::Hypopg, ..Ways::default() },
            directory => {
                let options = LabOptions { binaries: Some(PathBuf::from(directory)), ..LabOptions::default() };
                Ways { lab: Some(Lab::start(&snapshot, &options).await?), wanted: Wanted::Lab, ..Ways::default() }
            }
        };
        let mut oracle = Oracle::new(&snapshot, &workload, ways);
        let (advice, asking) = advised(&mut oracle, &snapshot, &workload, &sizes, &limit, caution).await;
        let indexes: Vec<String> = advice.create.iter().filter_map(|one| ddl(&snapshot, &one.design)).collect();
        let questions = oracle.summary().questions;
        let seconds = begun.elapsed().as_secs_f64();
        let asking = asking.as_secs_f64();
        println!(
            "{}",
            serde_json::json!({"indexes": indexes, "questions": questions, "seconds": seconds, "asking": asking})
        );
    }
    Ok(())
}

/// Candidates of kinds that `HypoPG` can imagine: others it could not score.
fn candidates(snapshot: &Snapshot, workload: &Workload, caution: Caution) -> Candidates {
    let mut candidates = advisor::candidates_by(snapshot, workload, caution);
    candidates.designs.retain(|design, _| imagines(design));
    candidates
}

/// What `HypoPG` takes each for.
async fn sizes(
    server: &mut Session,
    snapshot: &Snapshot,
    workload: &Workload,
    caution: Caution,
) -> Result<Sizes, Box<dyn Error>> {
    let extension = snapshot.extensions.iter().find(|extension| extension.name == "hypopg").ok_or("no HypoPG")?;
    let schema = pgassay::ident::quoted(&extension.schema);
    let mut sizes = BTreeMap::new();
    for design in candidates(snapshot, workload, caution).designs.keys() {
        let ddl = ddl(snapshot, design).ok_or("no table")?.replace('\'', "''");
        let made = format!(
            "SELECT {schema}.hypopg_relation_size(indexrelid)::text FROM {schema}.hypopg_create_index('{ddl}')"
        );
        let answers = server.transaction(&[made, format!("SELECT {schema}.hypopg_reset()::text")]).await?;
        let bytes: u64 = answers[0].first().ok_or("no size")?.parse()?;
        sizes.insert(design.clone(), Size { blocks: bytes / BLOCK, ..Size::default() });
    }
    Ok(sizes)
}

fn ddl(snapshot: &Snapshot, design: &Design) -> Option<String> {
    let table = snapshot.table(design.table_oid)?;
    Some(format!("CREATE INDEX ON {} {}", QualifiedName::new(&table.schema, &table.name), design.body()))
}

/// The advice, and how long the planner took.
async fn advised(
    oracle: &mut Oracle<'_>,
    snapshot: &Snapshot,
    workload: &Workload,
    sizes: &Sizes,
    options: &Options,
    caution: Caution,
) -> (Recommendations, Duration) {
    let candidates = candidates(snapshot, workload, caution);
    let designs: Vec<Design> = candidates.designs.keys().cloned().collect();
    oracle.prepare(&designs).await;
    let (mut known, mut asking) = (Known::default(), Duration::ZERO);
    loop {
        let input = Input { snapshot, workload, candidates: &candidates, sizes, known: &known, options, last: false };
        match advisor::advise(&input) {
            Step::Done(advice) => return (advice, asking),
            Step::Ask(questions) => {
                let begun = Instant::now();
                let answers = oracle.answer(&questions).await;
                asking += begun.elapsed();
                known.learn(questions, answers);
            }
        }
    }
}
