import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

// The dev server speaks to a running centre (`make run`); ONEKEY_DEV_TARGET points it at another one.
const target = process.env.ONEKEY_DEV_TARGET ?? 'http://127.0.0.1:8000';

const kebab = (name: string): string => name.replace(/(?<=[a-z])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])/g, '-$&').toLowerCase();

/** Each test file loads its modules anew, and these two indexes are thousands of files: tests take each part from its own. */
const singleParts: Plugin = {
  name: 'single-parts',
  enforce: 'pre',
  apply: () => process.env.VITEST !== undefined,
  transform: (code, id) =>
    !id.endsWith('.tsx')
      ? null
      : code.replace(/^import {([^}]+)} from '(antd|@ant-design\/icons)';$/gm, (_, names: string, library: string) =>
          names
            .split(',')
            .map((name) => name.trim().split(' as '))
            .filter(([name]) => name)
            .map(([name = '', as = name]) => {
              const part = library === 'antd' ? kebab(name) : `icons/${name}`;
              return `import ${as} from '${library}/lib/${part}';`;
            })
            .join(' '),
        ),
};

export default defineConfig({
  base: '/',
  plugins: [singleParts, react()],
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': { target },
      '/ws': { target, ws: true },
    },
  },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 1300,
    // Libraries change seldom: browsers keep them over our releases.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'libraries', test: /node_modules/ }] } } },
    // No data: URLs for scripts or fonts, so that a strict content security policy holds.
    assetsInlineLimit: 0,
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx'],
    restoreMocks: true,
    setupFiles: ['src/testing/patience.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
