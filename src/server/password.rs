//! `--password-command`: a password from a secret manager or a cloud's token service.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::error::ServerError;
use super::target::Password;

/// A person may have to confirm something.
const PATIENCE: Duration = Duration::from_mins(2);

/// Runs the command in `sh`; the first line of its output is the password. Its complaints go to our stderr.
pub async fn from_command(command: &str) -> Result<Password, ServerError> {
    let failed = |reason: String| ServerError::PasswordCommand { reason };
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    let finished = tokio::time::timeout(PATIENCE, shell.output()).await;
    let output = finished
        .map_err(|_| failed(format!("it did not end within {} s", PATIENCE.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.lines().next().filter(|line| !line.is_empty()) {
        Some(password) => Ok(Password::new(password)),
        None => Err(failed("it printed nothing".to_owned())),
    }
}
