/** The host's graph with the texts of its nodes: `{}` → `{nodes: [{id, text, score?, pinned?}]}`. */
export declare function load(at: i32, length: i32): i64;
