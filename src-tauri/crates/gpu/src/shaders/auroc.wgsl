// Counts, for columns of scores, the negative rows below two bounds of each positive one: by which of
// two files is in front of this, those below it and those not above it, or those surely below it and
// those that may be. Twins: cpu::auroc and cpu::wins_along, with the same counts. Behind this: sort.wgsl.
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
    // Words of swaps for each column, and how far apart scores have to be.
    words: u32,
    margin: f32,
}

const THREADS: u32 = 256u;
const CHUNK: u32 = 2048u;
const STRETCH: u32 = 262144u;

// The bits of the scores, [column, positive rows then negative rows]. As integers, since a device may
// take numbers close to zero for zero.
@group(0) @binding(0) var<storage, read> scores: array<u32>;
// [column, chunk, stretch]: below either bound.
@group(0) @binding(1) var<storage, read_write> counts: array<vec2<u32>>;
@group(0) @binding(2) var<uniform> shape: Shape;

var<workgroup> sorted: array<u32, CHUNK>;
var<workgroup> sums: array<vec2<u32>, THREADS>;

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

fn comes_before(a: u32, b: u32) -> bool {
    return sorted[a] < sorted[b];
}

fn exchange(a: u32, b: u32) {
    let held = sorted[a];
    sorted[a] = sorted[b];
    sorted[b] = held;
}

@compute @workgroup_size(256)
fn auroc(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let column = shape.first_column + group.y;
    let start = column * (shape.positives + shape.negatives);
    let first = shape.positives + group.x * CHUNK;
    let count = min(CHUNK, shape.negatives - group.x * CHUNK);
    var size = 2u;
    while size < count {
        size *= 2u;
    }
    for (var at = local; at < size; at += THREADS) {
        sorted[at] = 0xffffffffu;
        if at < count {
            sorted[at] = key(scores[start + place(column, first + at)]);
        }
    }
    sort(size, local);
    var sum = vec2<u32>();
    let last = min((group.z + 1u) * STRETCH, shape.positives);
    for (var at = group.z * STRETCH + local; at < last; at += THREADS) {
        let bounds = bounds(scores[start + place(column, at)]);
        sum += vec2<u32>(below(bounds.x, count), below(bounds.y, count));
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
