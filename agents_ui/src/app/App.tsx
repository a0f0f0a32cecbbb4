import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App as AntApp, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { Suspense, useState } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { asApiError } from '../api/errors';
import { useStore } from '../kit/store';
import { ConsoleRoute } from './ConsoleRoute';
import { language } from './preferences';
import { SessionStore } from './session';
import { theme } from './theme';
import { TrainingRoute } from './TrainingRoute';

function makeQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: false,
        // What the server refused stays refused; only silence is asked again.
        retry: (count, error) =>
          count < 3 && ['network', 'unavailable', 'voice_away', 'database_away'].includes(asApiError(error).code),
      },
    },
  });
}

export function App() {
  const lang = useStore(language, (value) => value);
  const [queries] = useState(makeQueries);
  const [session] = useState(() => new SessionStore());
  return (
    <ConfigProvider locale={lang === 'zh' ? zhCN : enUS} theme={theme} button={{ autoInsertSpace: false }}>
      <AntApp message={{ maxCount: 3, top: 72 }} component={false}>
        <QueryClientProvider client={queries}>
          <BrowserRouter>
            <Suspense fallback={null}>
              <Routes>
                <Route path="/training" element={<TrainingRoute session={session} />} />
                <Route path="*" element={<ConsoleRoute session={session} />} />
              </Routes>
            </Suspense>
          </BrowserRouter>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}
