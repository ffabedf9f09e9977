// Counts, for columns of scores, combinations of a positive and a negative row with the positive one
// above: two for each, one for a tie. Twin: cpu::auroc, with the same counts.
//
// A workgroup sorts a chunk of one column's negative scores and looks a stretch of its positive ones
// up in it. Counts of a chunk and a stretch stay below 2^32.

struct Shape {
    positives: u32,
    negatives: u32,
    first_column: u32,
    // Chunks of negatives and stretches of positives.
    chunks: u32,
    stretches: u32,
}

const THREADS: u32 = 256u;
const CHUNK: u32 = 2048u;
const STRETCH: u32 = 262144u;

// The bits of the scores, [column, positive rows then negative rows]. As integers, since a device may
// take numbers close to zero for zero.
@group(0) @binding(0) var<storage, read> scores: array<u32>;
// [column, chunk, stretch]
@group(0) @binding(1) var<storage, read_write> counts: array<u32>;
@group(0) @binding(2) var<uniform> shape: Shape;

var<workgroup> sorted: array<u32, CHUNK>;
var<workgroup> sums: array<u32, THREADS>;

// An integer in the order of the scores; the two zeros are equal.
fn key(bits: u32) -> u32 {
    if (bits >> 31u) == 0u {
        return bits | 0x80000000u;
    }
    return select(~bits, bits, bits == 0x80000000u);
}

// How many of the first `count` of the chunk are below `bound`.
fn below(bound: u32, count: u32) -> u32 {
    var low = 0u;
    var high = count;
    while low < high {
        let middle = (low + high) / 2u;
        if sorted[middle] < bound {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    return low;
}

@compute @workgroup_size(256)
fn auroc(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let column = shape.first_column + group.y;
    let start = column * (shape.positives + shape.negatives);
    let first = start + shape.positives + group.x * CHUNK;
    let count = min(CHUNK, shape.negatives - group.x * CHUNK);
    var size = 2u;
    while size < count {
        size *= 2u;
    }
    for (var at = local; at < size; at += THREADS) {
        sorted[at] = 0xffffffffu;
        if at < count {
            sorted[at] = key(scores[first + at]);
        }
    }
    // Bitonic: runs of twice the length are merged until one is left.
    for (var run = 2u; run <= size; run *= 2u) {
        for (var apart = run / 2u; apart > 0u; apart /= 2u) {
            workgroupBarrier();
            for (var pair = local; pair < size / 2u; pair += THREADS) {
                let low = 2u * pair - (pair & (apart - 1u));
                let high = low + apart;
                let ascends = (low & run) == 0u;
                if (sorted[high] < sorted[low]) == ascends {
                    let held = sorted[low];
                    sorted[low] = sorted[high];
                    sorted[high] = held;
                }
            }
        }
    }
    workgroupBarrier();
    var sum = 0u;
    let last = min((group.z + 1u) * STRETCH, shape.positives);
    for (var at = group.z * STRETCH + local; at < last; at += THREADS) {
        let score = key(scores[start + at]);
        // Those not above it are those below the next number.
        sum += below(score, count) + below(score + 1u, count);
    }
    sums[local] = sum;
    for (var apart = THREADS / 2u; apart > 0u; apart /= 2u) {
        workgroupBarrier();
        if local < apart {
            sums[local] += sums[local + apart];
        }
    }
    if local == 0u {
        counts[(column * shape.chunks + group.x) * shape.stretches + group.z] = sums[0];
    }
}
