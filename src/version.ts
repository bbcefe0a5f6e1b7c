import description from "../package.json" with { type: "json" };

/** Of this build: `1.2.0`. */
export const VERSION: string = description.version;
