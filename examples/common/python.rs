//! What scikit-learn predicts with the network of a checkpoint.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// The probabilities of each class for the digits of the test set.
pub fn predictions(image: &[u8]) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = env::temp_dir().join(format!("downhill-finetune-{}.bin", std::process::id()));
    fs::write(&file, image)?;
    let output = Command::new(interpreter(root)?)
        .arg(root.join("python/examples/predict.py"))
        .arg(&file)
        .arg(root.join("tests/data/digits"))
        .env("PYTHONPATH", root.join("python/src"))
        .stderr(Stdio::inherit())
        .output()?;
    fs::remove_file(&file)?;
    if !output.status.success() {
        return Err("Python has failed".into());
    }
    let lines = String::from_utf8(output.stdout)?;
    lines.lines().map(|line| line.split(' ').map(|number| Ok(number.parse()?)).collect()).collect()
}

/// A Python with scikit-learn: that of `.ci/python`, the one that is called `python3`, or else a new environment.
fn interpreter(root: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let of_environment = |name: &str| root.join("target/python").join(name).join("bin/python");
    let has_all = |python: &PathBuf| {
        let import =
            Command::new(python).args(["-c", "import numpy, safetensors, sklearn"]).stderr(Stdio::null()).status();
        import.is_ok_and(|status| status.success())
    };
    let known = [of_environment("index"), PathBuf::from("python3"), of_environment("example")];
    if let Some(python) = known.iter().find(|python| has_all(python)) {
        return Ok(python.clone());
    }
    eprintln!("finetune: no Python here has scikit-learn; installing it in target/python/example");
    let folder = root.join("target/python/example");
    let python = of_environment("example");
    let run = |command: &mut Command| -> Result<(), Box<dyn Error>> {
        if command.stdout(Stdio::null()).status()?.success() {
            Ok(())
        } else {
            Err(format!("this failed: {command:?}").into())
        }
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "scikit-learn", "safetensors"]))?;
    Ok(python)
}
