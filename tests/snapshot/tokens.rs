//! A snapshot as it is by default holds no text of a row, and a planner does not notice.

use std::collections::BTreeMap;

use pgassay::snapshot::{ColumnStatistics, Snapshot, Values};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::planner::{prepared, read};
use crate::support::run;
use crate::table;

#[tokio::test(flavor = "multi_thread")]
async fn no_text_of_a_row_is_in_a_snapshot_and_equal_values_have_equal_tokens_in_the_same_order() {
    for major in [13, 15, 18] {
        let server = prepared(major).await;
        let kept = read(&server, "least", Values::Kept).await;
        let tokens = read(&server, "least", Values::Tokens).await;
        assert_eq!(tokens.values, Values::Tokens);
        assert!(texts(&kept).contains("secret tag 1") && texts(&kept).contains("Secret1@Example.org"));
        for secret in ["secret", "Secret", "sécret", "secr", "10.9.", "Example", "c4ca4238", "\"code1\""] {
            assert!(!texts(&tokens).contains(secret), "{major}: {secret}");
        }
        let pairs = pairs(&kept, &tokens, major);
        alike(&pairs, major);
        in_order(&kept, &tokens, major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        valid(&mut connection, &tokens, major).await;
        common_values(&mut connection, &tokens, &pairs, major).await;
    }
}

fn texts(snapshot: &Snapshot) -> String {
    serde_json::to_string(snapshot).expect("JSON")
}

fn all(snapshot: &Snapshot) -> impl Iterator<Item = &ColumnStatistics> {
    let objects = snapshot.extended_statistics.iter().flat_map(|object| &object.data);
    snapshot.column_statistics.iter().chain(objects.flat_map(|data| &data.expressions))
}

/// Value and token, by collation and type.
type Pairs = BTreeMap<(String, String), String>;

fn pairs(kept: &Snapshot, tokens: &Snapshot, major: u32) -> Pairs {
    let mut pairs = Pairs::new();
    for (kept, tokens) in all(kept).zip(all(tokens)) {
        assert_eq!((&kept.column, kept.table_oid), (&tokens.column, tokens.table_oid));
        for slot in &kept.slots {
            let Some(other) = tokens.slots.iter().find(|other| other.kind == slot.kind) else {
                assert_eq!(kept.column, "spot", "{major}: only of what has no tokens the slots are left out");
                continue;
            };
            assert_eq!((&slot.operator, &slot.value_type), (&other.operator, &other.value_type));
            // elements are sorted anew
            if slot.kind != 4 {
                assert_eq!(slot.numbers, other.numbers);
                let class = format!("{:?}", slot.collation);
                let values = slot.values.iter().flatten().zip(other.values.iter().flatten());
                for (value, token) in values {
                    let earlier = pairs.insert((class.clone(), value.trim_end().to_owned()), token.clone());
                    assert!(earlier.is_none_or(|earlier| earlier == *token), "{major}: {value}");
                }
            }
        }
    }
    pairs
}

fn alike(pairs: &Pairs, major: u32) {
    let token = |value: &str| {
        let found = pairs.iter().find(|((class, one), _)| class.contains("default") && one == value);
        found.map(|(_, token)| token.as_str())
    };
    assert_eq!(token("active"), Some("active"), "{major}: a constant of the schema stays");
    assert!(token("Secret7@Example.org").is_some_and(|token| token != "Secret7@Example.org"));
    let distinct: std::collections::BTreeSet<&String> =
        pairs.iter().filter(|((class, _), _)| class.contains("default")).map(|(_, token)| token).collect();
    let values = pairs.keys().filter(|(class, _)| class.contains("default")).count();
    assert_eq!(distinct.len(), values, "{major}: different values have different tokens");
    for ((class, value), token) in pairs {
        let number = value.parse::<f64>().is_ok() || value.starts_with("2026-") || value.starts_with('[');
        assert!(!number || token == value, "{major}: {class} {value} {token}");
    }
}

/// Histograms rise by bytes, which is how the lab compares.
fn in_order(kept: &Snapshot, tokens: &Snapshot, major: u32) {
    let mut seen = 0;
    for statistics in all(tokens).filter(|one| !["pairs", "doc", "address"].contains(&one.column.as_str())) {
        let texts = ["text", "character varying", "uuid", "bytea", "public.citext", "character"];
        let slots =
            statistics.slots.iter().filter(|slot| slot.kind == 2 || slot.kind == 4 && statistics.column != "words");
        for slot in slots.filter(|slot| texts.contains(&slot.value_type.as_deref().unwrap_or_default())) {
            let values = slot.values.as_ref().expect("values");
            assert!(values.windows(2).all(|pair| pair[0] < pair[1]), "{major}: {} {values:?}", statistics.column);
            seen += 1;
        }
    }
    assert!(seen >= 3, "{major}: {seen}");
    let words = |read: &Snapshot| {
        let item = table(read, "item").oid;
        let of = read.column_statistics.iter().find(|one| one.table_oid == item && one.column == "words");
        of.expect("statistics").slots[0].clone()
    };
    let (before, after) = (words(kept), words(tokens));
    let lengths: Vec<usize> = after.values.as_ref().expect("values").iter().map(String::len).collect();
    assert!(lengths.is_sorted(), "{major}: {lengths:?}");
    let sum = |numbers: &Option<Vec<f32>>| numbers.iter().flatten().sum::<f32>();
    assert!((sum(&before.numbers) - sum(&after.numbers)).abs() < 1e-3, "{major}");
}

async fn valid(connection: &mut PgConnection, tokens: &Snapshot, major: u32) {
    let mut checked = 0;
    for statistics in all(tokens) {
        for slot in &statistics.slots {
            let (Some(values), Some(name)) = (&slot.values, &slot.value_type) else { continue };
            let list: Vec<String> =
                values.iter().map(|value| format!("{}::{name}", pgassay::ident::literal(value))).collect();
            let sql = format!("SELECT {}", list.join(", "));
            let outcome = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await;
            assert!(outcome.is_ok(), "{major}: {} {name}: {values:?} {outcome:?}", statistics.column);
            checked += 1;
        }
    }
    assert!(checked > 25, "{major}: {checked}");
}

/// The server reads the changed list, and its texts are the tokens of the column.
async fn common_values(connection: &mut PgConnection, tokens: &Snapshot, pairs: &Pairs, major: u32) {
    let mcv = tokens.extended_statistics[0].data[0].mcv.as_deref().expect("a list");
    run(connection, "CREATE CAST (bytea AS pg_mcv_list) WITHOUT FUNCTION").await;
    let sql = format!(
        "SELECT i.values[1] FROM pg_mcv_list_items('\\x{mcv}'::bytea::pg_mcv_list) i WHERE NOT i.nulls[1] ORDER BY i.index"
    );
    let found: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(connection).await.expect("a list that the server reads");
    assert_eq!(found[0], "active", "{major}");
    let known: std::collections::BTreeSet<&String> = pairs.values().collect();
    assert!(
        found.len() > 5 && found.iter().any(|token| token != "active" && known.contains(token)),
        "{major}: {found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn values_may_be_kept_or_left_out_altogether() {
    let server = prepared(16).await;
    let none = read(&server, "least", Values::LeftOut).await;
    assert!(all(&none).all(|one| one.slots.iter().all(|slot| slot.values.is_none())));
    assert!(all(&none).any(|one| one.slots.iter().any(|slot| slot.kind == 3)), "correlations are no values");
    assert!(none.extended_statistics[0].data[0].mcv.is_none());
    assert!(none.extended_statistics[0].data[0].ndistinct.is_some());
    let name = none.column_statistics.iter().find(|one| one.column == "name").expect("statistics");
    assert!(!name.most_common_freqs.is_empty());
}
