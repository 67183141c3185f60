use std::sync::{mpsc, Arc, Mutex};
use std::thread;

fn main() {
    let n = Arc::new(Mutex::new(0));
    let h: Vec<_> = (0..3)
        .map(|i| {
            let n = Arc::clone(&n);
            thread::spawn(move || *n.lock().unwrap() += i)
        })
        .collect();
    for t in h {
        t.join().unwrap();
    }
    let (a, b) = mpsc::channel::<i32>();
    drop(a);
    println!("{} {:?}", n.lock().unwrap(), b.recv());
}
