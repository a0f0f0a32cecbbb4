import {
  AccountBookOutlined,
  AlertOutlined,
  ApartmentOutlined,
  AuditOutlined,
  BarChartOutlined,
  BookOutlined,
  CustomerServiceOutlined,
  DashboardOutlined,
  EyeOutlined,
  FundProjectionScreenOutlined,
  GiftOutlined,
  PhoneOutlined,
  ProfileOutlined,
  SettingOutlined,
  ShopOutlined,
  SwapOutlined,
  TeamOutlined,
} from '@ant-design/icons';
import { lazy, type ComponentType, type ReactNode } from 'react';
import type { Permission } from '../api/types';

export type PageKey =
  | 'desk'
  | 'elders'
  | 'jobs'
  | 'followUps'
  | 'knowledge'
  | 'regions'
  | 'bills'
  | 'points'
  | 'stores'
  | 'handover'
  | 'floor'
  | 'wallboard'
  | 'reports'
  | 'emergencies'
  | 'access'
  | 'admin'
  | 'account';

export interface PageEntry {
  key: PageKey;
  /** Everything below it is the page's own. */
  path: string;
  /** Shown to whoever may one of these; empty: to everybody. */
  anyOf: Permission[];
  /** Shown also to whoever may this; but she does not begin there. */
  besides?: Permission;
  icon: ReactNode;
  Component: ComponentType;
  /** Not in the rail: reached from elsewhere. */
  hidden?: boolean;
  /** In the rail only for whoever may this; others reach a part of it from elsewhere. */
  railFor?: Permission;
  /** Over the whole window, without the frame (the wallboard hangs on a wall). */
  bare?: boolean;
}

const Desk = lazy(async () => ({ default: (await import('../features/console/DeskPage')).DeskPage }));
const Elders = lazy(async () => ({ default: (await import('../features/elders/EldersPage')).EldersPage }));
const Jobs = lazy(async () => ({ default: (await import('../features/orders/JobsPage')).JobsPage }));
const FollowUps = lazy(async () => ({ default: (await import('../features/followups/FollowUpsPage')).FollowUpsPage }));
const Knowledge = lazy(async () => ({ default: (await import('../features/knowledge/KnowledgePage')).KnowledgePage }));
const Regions = lazy(async () => ({ default: (await import('../features/regions/RegionsPage')).RegionsPage }));
const Bills = lazy(async () => ({ default: (await import('../features/bills/BillsPage')).BillsPage }));
const Points = lazy(async () => ({ default: (await import('../features/points/PointsPage')).PointsPage }));
const Stores = lazy(async () => ({ default: (await import('../features/stores/StoresPage')).StoresPage }));
const Handover = lazy(async () => ({ default: (await import('../features/handover/HandoverPage')).HandoverPage }));
const Floor = lazy(async () => ({ default: (await import('../features/floor/FloorPage')).FloorPage }));
const Wallboard = lazy(async () => ({ default: (await import('../features/wallboard/WallboardPage')).WallboardPage }));
const Reports = lazy(async () => ({ default: (await import('../features/reports/ReportsPage')).ReportsPage }));
const Emergencies = lazy(async () => ({
  default: (await import('../features/emergencies/EmergenciesPage')).EmergenciesPage,
}));
const Access = lazy(async () => ({ default: (await import('../features/access/AccessPage')).AccessPage }));
const Admin = lazy(async () => ({ default: (await import('../features/admin/AdminPage')).AdminPage }));
const Account = lazy(async () => ({ default: (await import('../features/account/AccountPage')).AccountPage }));

/** All pages, in the order of the rail. */
export const PAGES: PageEntry[] = [
  { key: 'desk', path: '/', anyOf: ['calls:see'], icon: <CustomerServiceOutlined />, Component: Desk },
  { key: 'elders', path: '/elders', anyOf: ['elders:search'], icon: <TeamOutlined />, Component: Elders },
  { key: 'jobs', path: '/jobs', anyOf: ['orders:read'], icon: <ProfileOutlined />, Component: Jobs },
  {
    key: 'followUps',
    path: '/follow-ups',
    anyOf: ['outreach:read'],
    besides: 'complaints:told',
    icon: <PhoneOutlined />,
    Component: FollowUps,
  },
  { key: 'knowledge', path: '/knowledge', anyOf: ['knowledge:read'], icon: <BookOutlined />, Component: Knowledge },
  { key: 'regions', path: '/regions', anyOf: ['regions:read'], icon: <ApartmentOutlined />, Component: Regions },
  { key: 'bills', path: '/bills', anyOf: ['bills:read'], icon: <AccountBookOutlined />, Component: Bills },
  { key: 'points', path: '/points', anyOf: ['points:read'], icon: <GiftOutlined />, Component: Points },
  { key: 'stores', path: '/stores', anyOf: ['stores:read'], icon: <ShopOutlined />, Component: Stores },
  { key: 'handover', path: '/handover', anyOf: ['handover:sign'], icon: <SwapOutlined />, Component: Handover },
  { key: 'floor', path: '/floor', anyOf: ['floor:watch'], icon: <DashboardOutlined />, Component: Floor },
  {
    key: 'wallboard',
    path: '/wallboard',
    anyOf: ['floor:watch'],
    icon: <FundProjectionScreenOutlined />,
    Component: Wallboard,
    bare: true,
  },
  { key: 'reports', path: '/reports', anyOf: ['reports:read'], icon: <BarChartOutlined />, Component: Reports },
  {
    key: 'emergencies',
    path: '/emergencies',
    anyOf: ['cases:read'],
    icon: <AlertOutlined />,
    Component: Emergencies,
    railFor: 'reports:read',
  },
  { key: 'access', path: '/access', anyOf: ['audit:read', 'glass:review'], icon: <AuditOutlined />, Component: Access },
  { key: 'admin', path: '/admin', anyOf: ['users:read', 'centre:read'], icon: <SettingOutlined />, Component: Admin },
  { key: 'account', path: '/account', anyOf: [], icon: <EyeOutlined />, Component: Account, hidden: true },
];

const isFor = (page: PageEntry, permissions: readonly Permission[]): boolean =>
  page.anyOf.length === 0 || page.anyOf.some((one) => permissions.includes(one));

export function pagesFor(permissions: readonly Permission[]): PageEntry[] {
  return PAGES.filter(
    (page) => isFor(page, permissions) || (page.besides !== undefined && permissions.includes(page.besides)),
  );
}

/** Where somebody begins: on the first page that is hers. */
export function startFor(permissions: readonly Permission[]): string {
  return PAGES.find((page) => isFor(page, permissions))?.path ?? '/account';
}
