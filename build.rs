//! Builds again when a file that travels inside the binary changes: `include_dir!` does not say so itself.

fn main() {
    for directory in ["rules", "fixtures"] {
        if std::path::Path::new(directory).exists() {
            println!("cargo::rerun-if-changed={directory}");
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
}
