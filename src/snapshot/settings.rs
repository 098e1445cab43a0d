//! Settings and where they come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One row of `pg_settings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// e.g. `work_mem`.
    pub name: String,
    /// `pg_settings.setting`, as text, in `unit`.
    pub value: String,
    /// `kB`, `8kB`, `ms`, …
    pub unit: Option<String>,
    /// `default`, `configuration file`, `database`, `user`, …
    pub source: String,
    /// `boot_val`.
    pub boot_value: Option<String>,
    /// Who may change it and when: `postmaster`, `sighup`, `superuser`, `user`, …
    pub context: String,
    /// Changed in the file, waiting for a restart.
    pub pending_restart: bool,
}

/// One setting of `ALTER ROLE … SET`, `ALTER DATABASE … SET` or both, from `pg_db_role_setting`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoleSetting {
    /// `None`: every role.
    pub role: Option<String>,
    /// `None`: every database.
    pub database: Option<String>,
    /// Name of the setting.
    pub name: String,
    /// Its value, as written.
    pub value: String,
}
