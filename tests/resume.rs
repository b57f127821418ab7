//! A training that is saved and restored ends with the bits of one that was not interrupted: in this process, in a fresh one, and
//! through images that were written before, on any machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use downhill::Checkpoint;
use workloads::Flower;

mod common;
#[path = "digests/toolbox.rs"]
#[allow(dead_code)]
mod toolbox;
#[path = "resume/trainings.rs"]
mod trainings;
#[path = "digests/workloads.rs"]
#[allow(dead_code)]
mod workloads;

use trainings::{Training, Visit, all};

fn flowers() -> Vec<Flower> {
    common::samples("iris/train.csv")
}

fn image<C: Checkpoint>(saved: &C) -> Vec<u8> {
    let mut image = vec![0; C::IMAGE];
    saved.save(&mut image).unwrap();
    image
}

/// Where the image of a training is kept, which no later version may fail to read.
fn file<T: Training>() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/checkpoint").join(T::NAME).with_extension("bin")
}

/// The training until it is saved.
fn first_part<T: Training>() -> T::Saved {
    let mut saved = T::empty();
    T::start(&mut saved);
    assert!(T::steps(&mut saved, 0, T::STEPS.0, &flowers()), "{}", T::NAME);
    saved
}

/// The rest of it, by what has only the image.
fn second_part<T: Training>(image: &[u8]) -> T::Saved {
    let mut restored = T::empty();
    restored.restore(image).unwrap_or_else(|refused| panic!("{}: {refused}", T::NAME));
    assert!(T::steps(&mut restored, T::STEPS.0, T::STEPS.1, &flowers()), "{}", T::NAME);
    restored
}

#[test]
fn in_this_process() {
    #[derive(Default)]
    struct Here {
        trainings: u32,
        others: Vec<String>,
    }
    impl Visit for Here {
        fn visit<T: Training>(&mut self) {
            let mut whole = first_part::<T>();
            let kept = image(&whole);
            let before = T::digest(&whole);
            assert!(T::steps(&mut whole, T::STEPS.0, T::STEPS.1, &flowers()));
            assert_ne!(T::digest(&whole), before, "{} learns nothing in its second part", T::NAME);
            let resumed = second_part::<T>(&kept);
            assert_eq!(image(&resumed), image(&whole), "{}: every byte that is kept", T::NAME);
            println!("host {} resumed digest {:016x}", T::NAME, T::digest(&resumed));
            self.trainings += 1;
            if T::digest(&resumed) != T::GOLDEN {
                self.others.push(format!("{} {:#018x}", T::NAME, T::digest(&resumed)));
            }
        }
    }
    let mut here = Here::default();
    all(&mut here);
    println!("resumed {} trainings", here.trainings);
    assert_eq!(here.others, [""; 0], "digests that are not the golden ones");
}

/// The images in `tests/data/checkpoint` were written by version 0.1: they are read, to the same bits, and the training goes on.
/// A training writes them again, byte by byte.
#[test]
fn from_golden_images() {
    struct Golden;
    impl Visit for Golden {
        fn visit<T: Training>(&mut self) {
            let golden = fs::read(file::<T>()).unwrap_or_else(|error| panic!("{}: {error}", file::<T>().display()));
            let mut restored = T::empty();
            restored.restore(&golden).unwrap_or_else(|refused| panic!("{}: {refused}", T::NAME));
            assert_eq!(image(&restored), golden, "{}", T::NAME);
            assert_eq!(T::digest(&second_part::<T>(&golden)), T::GOLDEN, "{}", T::NAME);
            assert_eq!(image(&first_part::<T>()), golden, "{}: the training that writes it", T::NAME);
        }
    }
    all(&mut Golden);
}

/// Writes the images that are not there. None is ever written again: later versions must read what this one wrote.
#[test]
#[ignore = "for a new training"]
fn write_golden_images() {
    struct Write;
    impl Visit for Write {
        fn visit<T: Training>(&mut self) {
            if !file::<T>().exists() {
                fs::write(file::<T>(), image(&first_part::<T>())).unwrap();
            }
        }
    }
    all(&mut Write);
}

const FOLDER: &str = "DOWNHILL_RESUME_FOLDER";

#[test]
fn in_a_fresh_process() {
    struct Parent(PathBuf);
    impl Visit for Parent {
        fn visit<T: Training>(&mut self) {
            fs::write(self.0.join(T::NAME), image(&first_part::<T>())).unwrap();
        }
    }
    struct Ended(PathBuf);
    impl Visit for Ended {
        fn visit<T: Training>(&mut self) {
            let mut whole = first_part::<T>();
            assert!(T::steps(&mut whole, T::STEPS.0, T::STEPS.1, &flowers()));
            assert_eq!(fs::read(self.0.join(T::NAME)).unwrap(), image(&whole), "{}", T::NAME);
        }
    }
    let folder = env::temp_dir().join(format!("downhill-resume-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    all(&mut Parent(folder.clone()));
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "the_fresh_process", "--ignored"])
        .env(FOLDER, &folder)
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
    all(&mut Ended(folder.clone()));
    fs::remove_dir_all(folder).unwrap();
}

/// Restores what it finds, trains to the end, and saves it.
#[test]
#[ignore = "the process that `in_a_fresh_process` starts"]
fn the_fresh_process() {
    struct Child(PathBuf);
    impl Visit for Child {
        fn visit<T: Training>(&mut self) {
            let file = self.0.join(T::NAME);
            let ended = second_part::<T>(&fs::read(&file).unwrap());
            fs::write(file, image(&ended)).unwrap();
        }
    }
    let folder = env::var_os(FOLDER).expect("it is started by `in_a_fresh_process`");
    all(&mut Child(folder.into()));
}
