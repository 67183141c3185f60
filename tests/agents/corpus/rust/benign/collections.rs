use std::collections::{BTreeMap, HashMap, HashSet};

fn main() {
    let mut m: HashMap<String, i32> = HashMap::new();
    m.insert("a".into(), 1);
    m.remove("a");
    let s: HashSet<_> = [1, 2].into_iter().collect();
    let b: BTreeMap<_, _> = m.iter().collect();
    println!("{:?} {}", b, s.len());
}
