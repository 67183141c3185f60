use calc::{evaluate, Error};

#[test]
fn long_chains() {
    let text = vec!["1"; 1000].join(" + ");
    assert_eq!(evaluate(&text), Ok(1000));
}

#[test]
fn errors_come_from_the_first_mistake() {
    assert_eq!(evaluate("1 / 0 + x"), Err(Error::Unexpected('x')));
}

#[test]
fn runs_in_the_folder_of_its_package() {
    assert!(std::path::Path::new("Cargo.toml").exists());
    assert_eq!(std::env::var("CARGO_PKG_NAME").as_deref(), Ok("calc"));
}
