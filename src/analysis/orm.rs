//! Which framework wrote a statement.
//!
//! Single statements are often ambiguous: several frameworks quote all names, several
//! write lower case. So every statement votes with its
//! signatures, the votes of a role's statements are added up, and each statement is
//! then given to the framework that is likeliest for both it and its role.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::Orm;
use crate::workload::{Query, Workload};

/// Below it a statement is nobody's.
const MIN_CERTAINTY: f64 = 0.55;

/// A pattern over the normalised text, and how much it speaks for a framework:
/// 3 nobody else writes it, 2 hardly anybody else, 1 fits with others too.
struct Signature {
    framework: &'static str,
    weight: f64,
    pattern: Regex,
}

/// Framework, weight, pattern: as the frameworks' statements look in `pg_stat_statements`.
const SIGNATURES: &[(&str, f64, &str)] = &[
    ("django", 3.0, r#"COUNT\((\*|"[^"]+"\."[^"]+")\) AS "__count""#),
    ("django", 2.0, r#"^SELECT (DISTINCT )?"(\w+)"\."\w+"(, "\w+"\."\w+")+ FROM "\w+" (INNER|LEFT|WHERE|ORDER|$)"#),
    ("django", 1.0, r#"^SELECT (DISTINCT )?"\w+"\."\w+"(, "\w+"\."\w+")* FROM "\w+""#),
    ("django", 2.0, r#"\bU0\."\w+""#),
    ("django", 2.0, r#"^SELECT \$1 AS "a" FROM "\w+""#),
    ("django", 2.0, r#"UPPER\("\w+"\."\w+"::text\) LIKE UPPER"#),
    ("django", 3.0, r#""(django_session|django_content_type|auth_user|django_migrations)"\."#),
    ("django", 1.0, r#"^INSERT INTO "\w+" \("\w+"(, "\w+")*\) VALUES \(\$1(, \$\d+)*\) RETURNING "\w+"\."\w+"$"#),
    ("django", 1.0, r#"^(UPDATE "\w+" SET|DELETE FROM) .*WHERE "\w+"\."\w+" (=|IN)"#),
    ("sqlalchemy", 3.0, r"(?s)^SELECT [^\n]+ \nFROM [^\n]+( \nWHERE|$| ORDER BY| \n LIMIT)"),
    ("sqlalchemy", 2.0, r"(?s) \nFROM .* \nWHERE "),
    ("sqlalchemy", 2.0, r"\bAS \w+_\w+, \w+\.\w+ AS \w+_\w+"),
    ("sqlalchemy", 3.0, r"\bAS anon_\d"),
    ("sqlalchemy", 2.0, r"WHERE \$1(::\w+)? = \w+\.\w+"),
    ("sqlalchemy", 1.0, r"\$\d+::(INTEGER|VARCHAR|BIGINT|TIMESTAMP)\b"),
    ("rails", 3.0, r"/\*[^*]*(controller|application):"),
    ("rails", 1.0, r"/\*[^*]*controller='"),
    ("django", 3.0, r"/\*[^*]*framework='django"),
    ("rails", 2.0, r#"^SELECT (DISTINCT )?"\w+"\.\* FROM "\w+""#),
    ("rails", 3.0, r"^SELECT (\$\d+|1) AS one FROM "),
    ("rails", 3.0, r"\bAS t\d_r\d+"),
    ("rails", 3.0, r#""(schema_migrations|ar_internal_metadata)""#),
    (
        "rails",
        1.0,
        r#"^(INSERT INTO "\w+" \(.*\) VALUES .* RETURNING "id"|DELETE FROM "\w+" WHERE "\w+"\."\w+" = \$1)$"#,
    ),
    ("rails", 1.0, r#"^UPDATE "\w+" SET "\w+" = \$1, .*"updated_at" = \$\d+ WHERE "\w+"\."\w+" = \$\d+$"#),
    ("typeorm", 3.0, r#""distinctAlias"\."#),
    ("typeorm", 3.0, r#"AS "\w+__\w+_\w+""#),
    ("typeorm", 2.0, r#"^SELECT "(\w+)"\."(\w+)" AS "\w+_\w+""#),
    ("typeorm", 2.0, r#"WHERE \(\((\(|)"\w+"\."\w+""#),
    ("typeorm", 1.0, r#"^INSERT INTO "\w+"\(.*\) VALUES .*(DEFAULT|\$\d)"#),
    ("prisma", 3.0, r#"^SELECT "\w+"\."\w+"\."\w+""#),
    ("prisma", 3.0, r#"AS "_count\$_all""#),
    ("prisma", 2.0, r#"^(INSERT INTO|UPDATE|DELETE FROM) "public"\."\w+""#),
    ("prisma", 1.0, r"OFFSET \$\d+( *$| /\*)"),
    ("sequelize", 2.0, r#"^SELECT "\w+"( AS "\w+")?(, "\w+"( AS "\w+")?)* FROM "\w+" AS "\w+""#),
    ("sequelize", 3.0, r#"AS "\w+\.\w+""#),
    ("sequelize", 2.0, r#"(?i)^SELECT count\(("\w+"\.)?("\w+"|\*)\) AS "count" FROM "\w+" AS "\w+""#),
    ("sequelize", 1.0, r#"^(INSERT INTO "\w+" \("\w+"(,"\w+")+\) VALUES|UPDATE "\w+" SET "\w+"=\$\d+[ ,])"#),
    ("drizzle", 3.0, r"left join lateral \(select (coalesce\()?json_(build_array|agg)"),
    ("drizzle", 2.0, r#"^select ("\w+"(\."\w+")?, )*"\w+"(\."\w+")? from "\w+"( "\w+")?( where \(?"\w+"\."\w+")?"#),
    ("drizzle", 1.0, r#"^(insert into "\w+" \(.*\) values \((default|\$)|update "\w+" set "\w+" = \$1)"#),
    ("knex", 2.0, r#"^select \* from "\w+" where "\w+" (=|in|>|<)"#),
    ("knex", 2.0, r#"^select "\w+"\.\* from "\w+""#),
    ("knex", 1.0, r#"^(insert into|update|delete from|del) "\w+""#),
    ("mikroorm", 3.0, r#"^select "([a-z])0"\.(\*|"\w+")"#),
    ("mikroorm", 3.0, r#"\bas "[a-z]\d__\w+""#),
    ("hibernate", 3.0, r"\b[a-z]+\d_\d\.\w+"),
    ("hibernate", 3.0, r"\b\w+\d_\.\w+ as \w+\d_\d_"),
    ("eloquent", 3.0, r"^select (count|sum|max|min|avg)\(.*\) as aggregate from "),
    ("eloquent", 3.0, r#""(\w+)" = \$1 and "\w+"\."\w+" is not null"#),
    ("eloquent", 3.0, r#"^select exists ?\(.*\) as "exists""#),
    ("eloquent", 2.0, r#"AS "pivot_|as "pivot_"#),
    ("eloquent", 1.0, r#"^select \* from "\w+" (where "\w+" (=|>|<)|order by)"#),
    ("eloquent", 2.0, r#"^select \* from "\w+" where "\w+"\."\w+" (=|in|is)"#),
    // upper case with every column of the table, as no other framework that quotes names
    ("gorm", 2.0, r#"^SELECT \* FROM "\w+" WHERE .*"\w+"\."\w+""#),
    ("gorm", 3.0, r#"^SELECT \* FROM "\w+" .*ORDER BY "\w+"\."\w+"( DESC)? LIMIT (\$\d+|1)$"#),
    ("gorm", 3.0, r#"^SELECT (\*|count\(\*\)) FROM "\w+" WHERE .*"\w+"\."deleted_at" IS NULL"#),
    ("gorm", 3.0, r#"^UPDATE "\w+" SET "\w+"=\$1.* WHERE .*"\w+"\."deleted_at" IS NULL"#),
    ("gorm", 3.0, r#"^INSERT INTO "\w+" \("created_at","updated_at","deleted_at""#),
    ("ecto", 3.0, r#"^(SELECT|UPDATE|DELETE) .*\b[a-z]0\."\w+""#),
    ("ecto", 2.0, r#"FROM "\w+" AS [a-z]0\b"#),
];

static COMPILED: LazyLock<Vec<Signature>> = LazyLock::new(|| {
    let compile = |&(framework, weight, pattern): &(&'static str, f64, &str)| {
        // words of ASCII: the whole of Unicode makes sixty patterns slow to build
        let pattern = pattern.replace(r"\w", "[A-Za-z0-9_]").replace(r"\d", "[0-9]").replace(r"\b", r"(?-u:\b)");
        Some(Signature { framework, weight, pattern: Regex::new(&pattern).ok()? })
    };
    SIGNATURES.iter().filter_map(compile).collect()
});

type Votes = BTreeMap<&'static str, f64>;

/// The framework of each statement that one is recognised for, in the workload's order.
pub fn recognise(workload: &Workload) -> Vec<Orm> {
    let votes: Vec<Votes> = workload.queries.iter().map(|query| votes(&query.text)).collect();
    let mut by_role: BTreeMap<&[String], Votes> = BTreeMap::new();
    for (query, own) in workload.queries.iter().zip(&votes) {
        let role = by_role.entry(&query.users).or_default();
        for (framework, weight) in own {
            *role.entry(framework).or_default() += weight;
        }
    }
    let named = |(query, (own, role))| Some(Orm { query, ..likeliest(own, role)? });
    let roles = workload.queries.iter().map(|query: &Query| &by_role[query.users.as_slice()]);
    votes.iter().zip(roles).enumerate().filter_map(named).collect()
}

/// What the text alone says.
fn votes(text: &str) -> Votes {
    let mut votes = Votes::new();
    for signature in COMPILED.iter().filter(|signature| signature.pattern.is_match(text)) {
        *votes.entry(signature.framework).or_default() += signature.weight;
    }
    votes
}

/// The statement's own votes, each weighed by the share that the framework has among the role's.
fn likeliest(own: &Votes, role: &Votes) -> Option<Orm> {
    let all: f64 = role.values().sum();
    let weighed = |(framework, weight): (&&'static str, &f64)| (*framework, weight * (role[framework] / all));
    let scores: Vec<(&str, f64)> = own.iter().map(weighed).collect();
    let total: f64 = scores.iter().map(|(_, score)| score).sum();
    let (name, score) = scores.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    // a lone weak vote is no evidence, however unopposed
    let strength = (own[name] / 2.0).min(1.0).max((role[name] / 12.0).min(0.9));
    let certainty = score / total * strength;
    (certainty >= MIN_CERTAINTY).then(|| Orm { name: name.to_owned(), certainty, ..Orm::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(texts: &[&str]) -> Workload {
        let query = |text: &&str| Query { text: (*text).to_owned(), ..Query::default() };
        Workload { queries: texts.iter().map(query).collect(), ..Workload::default() }
    }

    #[test]
    fn every_signature_compiles() {
        assert_eq!(COMPILED.len(), SIGNATURES.len());
    }

    #[test]
    fn the_text_of_a_framework_is_recognised() {
        for (text, expected) in [
            (r#"SELECT COUNT(*) AS "__count" FROM "vote" WHERE "vote"."price_id" = $1"#, "django"),
            (r#"SELECT "school"."id", "school"."name" FROM "school" WHERE "school"."id" = $1 LIMIT $2"#, "django"),
            ("SELECT books.id, books.title \nFROM books \nWHERE $1 = books.author_id", "sqlalchemy"),
            (r#"SELECT "books".* FROM "books" WHERE "books"."author_id" = $1"#, "rails"),
            (
                r#"SELECT "Book"."id" AS "Book_id", "Book"."title" AS "Book_title" FROM "book" "Book" WHERE (("Book"."authorId" = $1))"#,
                "typeorm",
            ),
            (
                r#"SELECT "public"."books"."id", "public"."books"."title" FROM "public"."books" WHERE "public"."books"."id" = $1 LIMIT $2 OFFSET $3"#,
                "prisma",
            ),
            (r#"SELECT "id", "name" FROM "authors" AS "Author" WHERE "Author"."id" = $1"#, "sequelize"),
            (r#"select * from "authors" where "id" = $1 limit $2"#, "knex"),
            (r#"select "id", "title" from "books" where "books"."author_id" = $1"#, "drizzle"),
            (r#"select "b0".* from "book" as "b0" where "b0"."author_id" in ($1)"#, "mikroorm"),
            ("select b1_0.id, b1_0.title from book b1_0 where b1_0.author_id=$1", "hibernate"),
            (r#"select * from "books" where "books"."author_id" = $1 and "books"."author_id" is not null"#, "eloquent"),
            (r#"SELECT b0."id", b0."title" FROM "books" AS b0 WHERE (b0."author_id" = $1)"#, "ecto"),
        ] {
            let found = recognise(&workload(&[text]));
            assert_eq!(found.first().map(|orm| orm.name.as_str()), Some(expected), "{text}");
        }
    }

    /// Statements as the frameworks that no capture has write them, with an ORM's neighbour of similar looks beside each.
    #[test]
    fn what_hibernate_ecto_and_gorm_write_is_recognised() {
        for (expected, texts) in [
            (
                "hibernate",
                &[
                    "select a1_0.id,a1_0.name from authors a1_0 where a1_0.id=$1",
                    "select b1_0.author_id,b1_0.id,b1_0.title from books b1_0 where b1_0.author_id=$1",
                    "select count(r1_0.id) from reviews r1_0 where r1_0.book_id=$1",
                    "select book0_.id as id1_0_0_, book0_.title as title2_0_0_ from book book0_ where book0_.id=$1",
                    "select tags0_.book_id as book_id1_1_0_, tag1_.id as id1_2_1_ from book_tags tags0_ inner join tag tag1_ on tags0_.tag_id=tag1_.id where tags0_.book_id=$1",
                ][..],
            ),
            (
                "ecto",
                &[
                    r#"SELECT a0."id", a0."name" FROM "authors" AS a0 WHERE (a0."id" = $1)"#,
                    r#"SELECT b0."id", b0."title", b0."author_id" FROM "books" AS b0 WHERE (b0."author_id" = $1) ORDER BY b0."author_id""#,
                    r#"SELECT count(*) FROM "reviews" AS r0 WHERE (r0."book_id" = $1)"#,
                    r#"UPDATE "books" AS b0 SET "title" = $1 WHERE (b0."id" = $2)"#,
                ],
            ),
            (
                "gorm",
                &[
                    r#"SELECT * FROM "authors" WHERE "authors"."id" = $1 ORDER BY "authors"."id" LIMIT $2"#,
                    r#"SELECT * FROM "books" WHERE "books"."author_id" = $1 AND "books"."deleted_at" IS NULL"#,
                    r#"SELECT count(*) FROM "reviews" WHERE book_id = $1 AND "reviews"."deleted_at" IS NULL"#,
                    r#"INSERT INTO "visits" ("created_at","updated_at","deleted_at","book_id") VALUES ($1,$2,$3,$4) RETURNING "id""#,
                    r#"UPDATE "books" SET "title"=$1,"updated_at"=$2 WHERE "books"."deleted_at" IS NULL AND "id" = $3"#,
                ],
            ),
        ] {
            for text in texts {
                let found = recognise(&workload(&[text]));
                assert_eq!(found.first().map(|orm| orm.name.as_str()), Some(expected), "{text}");
            }
            let found = recognise(&workload(texts));
            assert!(found.len() == texts.len() && found.iter().all(|orm| orm.name == expected), "{found:?}");
        }
    }

    #[test]
    fn hand_written_sql_is_nobodys() {
        let texts = [
            "SELECT id, name FROM authors WHERE id = $1",
            "select count(*) from t",
            "WITH x AS (SELECT $1) SELECT * FROM x",
        ];
        assert_eq!(recognise(&workload(&texts)), []);
    }

    #[test]
    fn an_ambiguous_statement_goes_with_the_rest_of_its_role() {
        let ambiguous = r#"insert into "books" ("title") values ($1)"#;
        let mut texts = vec![r#"select * from "authors" where "id" = $1 limit $2"#; 4];
        texts.push(ambiguous);
        let found = recognise(&workload(&texts));
        assert_eq!(found.last().map(|orm| (orm.query, orm.name.as_str())), Some((4, "knex")));
        assert_eq!(recognise(&workload(&[ambiguous])), []);
    }
}
