/** The templates in the order in which help lists them; the first is the default. */
export const TEMPLATE_NAMES = ['assemblyscript', 'c', 'rust', 'javascript', 'native-node'] as const;

/** The kinds of plugins that `sheaf create` makes. */
export type TemplateName = (typeof TEMPLATE_NAMES)[number];
