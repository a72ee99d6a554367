export const TEMPLATES: readonly string[];
