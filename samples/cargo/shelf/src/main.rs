use std::io::Read;

fn main() {
    let mut list = String::new();
    std::io::stdin()
        .read_to_string(&mut list)
        .expect("readable input");
    match shelf::total(&list) {
        Ok(total) => println!("{total}"),
        Err(error) => {
            eprintln!("{error:?}");
            std::process::exit(1);
        }
    }
}
