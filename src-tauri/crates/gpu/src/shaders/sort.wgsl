// Sorts what a workgroup of THREADS holds, for shaders that say which of two places `comes_before` the
// other and how they `exchange` what they hold.

// The first `size` places, a power of two of them. Bitonic: runs of twice the length are merged until
// one is left.
fn sort(size: u32, local: u32) {
    for (var run = 2u; run <= size; run *= 2u) {
        for (var apart = run / 2u; apart > 0u; apart /= 2u) {
            workgroupBarrier();
            for (var pair = local; pair < size / 2u; pair += THREADS) {
                let low = 2u * pair - (pair & (apart - 1u));
                let high = low + apart;
                let ascends = (low & run) == 0u;
                if comes_before(high, low) == ascends {
                    exchange(low, high);
                }
            }
        }
    }
    workgroupBarrier();
}
