// Takes the nearest of a block of rows into the list of each query. Twin: cpu::nearest.
//
// One workgroup a query. Rows nearer than the last of the list are put behind the list, and list and
// newcomers are sorted together whenever there are any: after the first rows they are few. A list is
// in the order of (distance, index), which the order in which threads come cannot change. Behind this:
// sort.wgsl.

struct Shape {
    // Rows of this block, and which of all the first is.
    rows: u32,
    first_row: u32,
    // Which of all the first query of this dispatch is.
    first_query: u32,
    neighbours: u32,
    // 1 where the queries are the rows, and none is its own neighbour.
    is_own: u32,
}

const THREADS: u32 = 256u;
const LIST: u32 = 64u;
// Rows that are looked at before the list is sorted.
const STRETCH: u32 = 768u;
const POOL: u32 = 1024u;
const VACANT: u32 = 0xffffffffu;

// [queries, rows]
@group(0) @binding(0) var<storage, read> products: array<f32>;
// Half the squared lengths.
@group(0) @binding(1) var<storage, read> query_halves: array<f32>;
@group(0) @binding(2) var<storage, read> row_halves: array<f32>;
// [queries, LIST]: key of half the squared distance, and index.
@group(0) @binding(3) var<storage, read_write> lists: array<vec2<u32>>;
@group(0) @binding(4) var<uniform> shape: Shape;

var<workgroup> keys: array<u32, POOL>;
var<workgroup> indices: array<u32, POOL>;
var<workgroup> newcomers: atomic<u32>;
var<workgroup> filled: u32;

// An integer in the order of the numbers.
fn key(value: f32) -> u32 {
    let bits = bitcast<u32>(value);
    return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

fn is_nearer(key_a: u32, index_a: u32, key_b: u32, index_b: u32) -> bool {
    return key_a < key_b || (key_a == key_b && index_a < index_b);
}

fn comes_before(a: u32, b: u32) -> bool {
    return is_nearer(keys[a], indices[a], keys[b], indices[b]);
}

fn exchange(a: u32, b: u32) {
    let key = keys[a];
    let index = indices[a];
    keys[a] = keys[b];
    indices[a] = indices[b];
    keys[b] = key;
    indices[b] = index;
}

@compute @workgroup_size(256)
fn nearest(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let query = shape.first_query + group.x;
    let half = query_halves[query];
    if local < LIST {
        let held = lists[query * LIST + local];
        keys[local] = held.x;
        indices[local] = held.y;
    }
    for (var start = 0u; start < shape.rows; start += STRETCH) {
        if local == 0u {
            atomicStore(&newcomers, LIST);
        }
        workgroupBarrier();
        let last_key = keys[shape.neighbours - 1u];
        let last_index = indices[shape.neighbours - 1u];
        for (var step = local; step < STRETCH; step += THREADS) {
            let row = start + step;
            let index = shape.first_row + row;
            if row < shape.rows && !(shape.is_own == 1u && index == query) {
                let distance = key((half + row_halves[row]) - products[group.x * shape.rows + row]);
                if is_nearer(distance, index, last_key, last_index) {
                    let place = atomicAdd(&newcomers, 1u);
                    keys[place] = distance;
                    indices[place] = index;
                }
            }
        }
        workgroupBarrier();
        if local == 0u {
            filled = atomicLoad(&newcomers);
        }
        let total = workgroupUniformLoad(&filled);
        if total > LIST {
            var size = 2u * LIST;
            while size < total {
                size *= 2u;
            }
            for (var place = total + local; place < size; place += THREADS) {
                keys[place] = VACANT;
                indices[place] = VACANT;
            }
            sort(size, local);
        }
        workgroupBarrier();
    }
    if local < LIST {
        lists[query * LIST + local] = vec2<u32>(keys[local], indices[local]);
    }
}
