import {
  ActionBarPrimitive,
  ComposerPrimitive,
  MessagePrimitive,
  type TextMessagePartProps,
  ThreadPrimitive,
} from '@assistant-ui/react';
import { createRoot } from 'react-dom/client';
import { Assistant as Documented } from './assistant';
import { Assistant as Plain } from './assistant-plain';

function Text({ text }: TextMessagePartProps) {
  return <p>{text}</p>;
}

function UserMessage() {
  return (
    <MessagePrimitive.Root className="user">
      <MessagePrimitive.Parts components={{ Text }} />
      <ActionBarPrimitive.Edit>Edit</ActionBarPrimitive.Edit>
    </MessagePrimitive.Root>
  );
}

function EditComposer() {
  return (
    <ComposerPrimitive.Root className="edit">
      <ComposerPrimitive.Input />
      <ComposerPrimitive.Send>Save</ComposerPrimitive.Send>
    </ComposerPrimitive.Root>
  );
}

function AssistantMessage() {
  return (
    <MessagePrimitive.Root className="assistant">
      <MessagePrimitive.Parts components={{ Text }} />
      <ActionBarPrimitive.Reload>Again</ActionBarPrimitive.Reload>
    </MessagePrimitive.Root>
  );
}

function Thread() {
  return (
    <ThreadPrimitive.Root>
      <ThreadPrimitive.Messages components={{ UserMessage, EditComposer, AssistantMessage }} />
      <ComposerPrimitive.Root className="composer">
        <ComposerPrimitive.Input />
        <ThreadPrimitive.If running={false}>
          <ComposerPrimitive.Send>Send</ComposerPrimitive.Send>
        </ThreadPrimitive.If>
        <ThreadPrimitive.If running>
          <ComposerPrimitive.Cancel>Cancel</ComposerPrimitive.Cancel>
        </ThreadPrimitive.If>
      </ComposerPrimitive.Root>
    </ThreadPrimitive.Root>
  );
}

const Assistant = location.search === '?plain' ? Plain : Documented;
const id = location.hash.slice(1);
if ((await fetch('/api/auth/session')).status === 401) {
  await fetch('/api/auth/guest', { method: 'POST' });
}
const loaded = await fetch(`/api/chats/${id}?last=101`);
const { messages = [] } = await loaded.json();
createRoot(document.getElementById('root')!).render(
  <Assistant id={id} history={messages}>
    <Thread />
  </Assistant>,
);
