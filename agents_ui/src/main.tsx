import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { startI18n } from './i18n';
import './app/base.css';

startI18n();
const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
