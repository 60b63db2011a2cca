import {
  Activity, Archive, ArrowDown, ArrowUp, Check, ChevronDown, CircleAlert, CircleStop, ClockFading, CloudOff, Command,
  Copy, Download, Ellipsis, ExternalLink, FileText, FolderOpen, FolderPlus, Keyboard, Languages, Library, LogOut, Menu,
  MessageSquare,
  MoonStar, Paperclip, Pencil, Pin, PinOff, Plus, RefreshCw, Scale, Search, Settings, Sparkles, Square,
  SquarePen, ThumbsDown, ThumbsUp, Trash2, Upload, Users, X, createElement,
} from 'lucide';

import { define } from '../utils/light_element.js';

const ICONS = {
  archive: Archive, 'arrow-down': ArrowDown, 'arrow-up': ArrowUp, check: Check,
  'chevron-down': ChevronDown, alert: CircleAlert, stop: Square, 'circle-stop': CircleStop, command: Command, copy: Copy,
  download: Download, more: Ellipsis, 'external-link': ExternalLink, file: FileText,
  folder: FolderOpen, 'folder-plus': FolderPlus, keyboard: Keyboard, languages: Languages, library: Library,
  'log-out': LogOut, menu: Menu, chat: MessageSquare, theme: MoonStar, attach: Paperclip,
  pencil: Pencil, pin: Pin, unpin: PinOff, plus: Plus, refresh: RefreshCw, search: Search,
  evaluate: Scale, settings: Settings, model: Sparkles, 'new-chat': SquarePen, performance: Activity, 'thumbs-down': ThumbsDown,
  'thumbs-up': ThumbsUp, trash: Trash2, upload: Upload, users: Users, close: X, offline: CloudOff, waiting: ClockFading,
};

/** @typedef {keyof typeof ICONS} IconName */

/** A decoration: what it stands for is always said in words beside it or in a label. */
class Icon extends HTMLElement {
  static observedAttributes = ['name'];

  connectedCallback() {
    this.setAttribute('aria-hidden', 'true');
    this.#draw();
  }

  attributeChangedCallback() {
    // Not while a template is being cloned: Lit counts the nodes of its templates.
    if (this.isConnected) this.#draw();
  }

  #draw() {
    const node = ICONS[/** @type {IconName} */ (this.getAttribute('name'))];
    this.replaceChildren(...(node ? [createElement(node, { width: '1em', height: '1em' })] : []));
  }
}

define('lo-icon', Icon);
