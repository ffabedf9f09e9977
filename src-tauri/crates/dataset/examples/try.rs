//! scratch
use lens_core::*;
use lens_dataset::*;
fn main() {
    let mut all = vec![];
    let keep = std::env::var("KEEP").is_ok();
    for a in std::env::args().skip(1) {
        let p = std::path::Path::new(&a);
        let t = std::time::Instant::now();
        println!("{:?} [{:?}]", recognise(p), t.elapsed());
        let mut ps = vec![];
        let t = std::time::Instant::now();
        let mut n = 0u64;
        match read_pairs(
            p,
            &ReadOptions::default(),
            &CancelToken::default(),
            &mut |x| {
                n += 1;
                if keep {
                    ps.push(x)
                };
                Ok(())
            },
            &mut |_, _| {},
        ) {
            Ok(r) => println!(
                "{} {} {} {} problems {} digest {} {:?}",
                r.name,
                r.format,
                r.layout,
                r.pairs,
                r.problem_count,
                r.digest.short(),
                t.elapsed()
            ),
            Err(e) => println!("ERR {e}"),
        }
        for x in &ps {
            if ps.len() < 3 {
                println!("{x:?}")
            }
        }
        all.extend(ps);
    }
    if keep {
        let (s, r) = assign_splits(&all, Seed(0));
        println!("{r:?}");
        let t = std::time::Instant::now();
        let c = checks(&all, &s);
        println!(
            "dup {:?} leak {:?} {:?} scen {:?} [{:?}]",
            c.duplicates.texts,
            c.leakage,
            c.source_imbalance,
            c.scenario_imbalance,
            t.elapsed()
        );
        let longer = c
            .word_counts
            .positive
            .iter()
            .zip(&c.word_counts.negative)
            .filter(|(a, b)| a > b)
            .count();
        println!("positive longer in {longer} of {}", all.len());
    }
    println!(
        "{}",
        std::fs::read_to_string("/proc/self/status")
            .unwrap()
            .lines()
            .find(|l| l.starts_with("VmHWM"))
            .unwrap()
    );
}
