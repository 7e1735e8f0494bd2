// The one door to Preact. JSX itself is compiled to calls of preact/jsx-runtime (tsconfig.json).
export type { ComponentChildren } from 'preact';
export { render } from 'preact';
export { useEffect, useRef, useState } from 'preact/hooks';
