//! Logs in another language than English are recognised, to be refused with the reason: the words that matter are
//! translated, and a guess would be half right.

/// `LOG` where it is translated, and the translation of `duration: ` where `LOG` is not. From PostgreSQL's own message
/// catalogues.
const SEVERITIES: &[(&str, &str)] = &[
    ("СООБЩЕНИЕ", "Russian"),
    ("ЗАПИСУВАННЯ", "Ukrainian"),
    ("日志", "Chinese"),
    ("日誌", "Chinese"),
    ("로그", "Korean"),
    ("ჟურნალი", "Georgian"),
    ("LOGG", "Swedish"),
    ("DZIENNIK", "Polish"),
];

const DURATIONS: &[(&str, &str)] = &[
    ("Dauer: ", "German"),
    ("Anweisung: ", "German"),
    ("durée : ", "French"),
    ("instruction : ", "French"),
    ("duración: ", "Spanish"),
    ("sentencia: ", "Spanish"),
    ("durata: ", "Italian"),
    ("istruzione: ", "Italian"),
    ("duração: ", "Portuguese"),
    ("期間: ", "Japanese"),
    ("文: ", "Japanese"),
    ("süre: ", "Turkish"),
    ("czas trwania: ", "Polish"),
    ("продолжительность: ", "Russian"),
    ("тривалість: ", "Ukrainian"),
    ("执行时间: ", "Chinese"),
    ("실행시간: ", "Korean"),
    ("ხანგრძლივობა: ", "Georgian"),
    ("varaktighet ", "Swedish"),
];

/// The message says a duration or a statement in another language.
pub(super) fn is_foreign(message: &[u8]) -> bool {
    DURATIONS.iter().any(|(word, _)| message.starts_with(word.as_bytes()))
}

/// The language of a log whose lines say what they are in another one than English.
pub(super) fn of(sample: &[u8]) -> Option<&'static str> {
    let label = |word: &str| {
        let stderr = memchr::memmem::find(sample, format!("{word}:  ").as_bytes());
        let quoted = || memchr::memmem::find(sample, format!("\"{word}\"").as_bytes());
        let column = || memchr::memmem::find(sample, format!(",{word},").as_bytes());
        stderr.or_else(quoted).or_else(column).is_some()
    };
    let message = |word: &str| {
        [":  ", "\"message\":\"", ",\""].iter().any(|before| {
            let said = format!("{before}{word}");
            memchr::memmem::find(sample, said.as_bytes()).is_some()
        })
    };
    let english = ["duration: ", "statement: "].iter().any(|word| message(word));
    if english {
        return None;
    }
    // names and texts may be in any language where the severities are English
    let severity = SEVERITIES.iter().find(|(word, _)| label(word)).filter(|_| !label("LOG"));
    severity.or_else(|| DURATIONS.iter().find(|(word, _)| message(word))).map(|(_, language)| *language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_another_language_is_recognised_in_every_form() {
        for (sample, expected) in [
            ("2026-11-22 02:53:22.745 UTC [1] a@b LOG:  Dauer: 0,170 ms  Anweisung: SELECT 1\n", Some("German")),
            ("2026-11-22 02:53:22.745 UTC [1] a@b СООБЩЕНИЕ:  продолжительность: 0.170 мс\n", Some("Russian")),
            ("{\"error_severity\":\"LOG\",\"message\":\"durée : 0.1 ms\"}", Some("French")),
            ("2026,\"a\",日志,00000,\"执行时间: 0.1 ms\"", Some("Chinese")),
            ("2026-11-22 02:53:22.745 UTC [1] a@b LOG:  duration: 0.170 ms  statement: SELECT 'LOG:  Dauer: '\n", None),
            ("2026-11-22 02:53:22.745 UTC [1] LOG:  checkpoint starting: time\n", None),
            ("LOG:  connection received\nERROR:  relation \"日志\" does not exist\n", None),
        ] {
            assert_eq!(of(sample.as_bytes()), expected, "{sample}");
        }
    }
}
