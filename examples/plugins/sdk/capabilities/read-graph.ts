/** The host's graph with the texts of its nodes: `{}` → `{nodes: [{id, text, score?, pinned?}], edges: [{from, to}]}`. */
export declare function load(at: i32, length: i32): i64;
