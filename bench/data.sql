-- The data of bin/bench: deterministic, in one transaction, with a marker so that it is loaded once.
--
-- Number n becomes user lpad(n, 32, '0')::uuid with the token 'ck_bench-n'; chat n of a user has the 16-character id
-- 10^15 + n. pgbench knows integers only, and can name both.
-- Users 1 to :users have :chats chats of :messages messages. User 900000001 has many chats, user 900000002 few; chat 1 of
-- each of these two is long, the others have about 10 messages, and 50 titles of each have the word "quasar".
-- A chat's messages lie in the table in bursts of six, between those of other chats, as conversations are written.

set client_min_messages = warning;
set synchronous_commit = off;
set work_mem = '64MB';

-- Foreign keys are correct by construction; checking each row costs as much as writing it.
select set_config('session_replication_role', 'replica', false)
from pg_roles
where rolname = current_user and rolsuper;

create schema if not exists chatkeep_bench;
create table chatkeep_bench.loaded (scale text primary key, loaded_at timestamptz not null);

create temp table who (n bigint, user_id uuid, chats int, per_chat int, long_chat int, nine_upto int, every int);
insert into who
select n, lpad(n::text, 32, '0')::uuid, :chats, :messages, :messages, 0, null
from generate_series(1, :users) n;
-- chat 1 is long; of the others the first ones have 9 messages and the rest 10, so that the sum is exact
insert into who
select n, lpad(n::text, 32, '0')::uuid, chats, 10, greatest(chats / 10, 100), greatest(chats / 10, 100) - 10, chats / 50
from (values (900000001::bigint, :big_chats), (900000002, :small_chats)) v (n, chats);

insert into chatkeep.app_user (user_id, is_guest, created_at)
select user_id, true, timestamptz '2026-01-01 00:00Z' from who;

insert into chatkeep.session (user_id, id, created_at, last_used_at, expires_at)
select user_id, user_id, timestamptz '2026-01-01 00:00Z', timestamptz '2026-01-01 00:00Z',
    timestamptz '2100-01-01 00:00Z'
from who;

insert into chatkeep.session_token (token_hash, user_id, session_id, expires_at)
select encode(sha256(convert_to('ck_bench-' || n, 'UTF8')), 'hex'), user_id, user_id, timestamptz '2100-01-01 00:00Z'
from who;

create temp table word as
select w, n - 1 as n
from unnest(string_to_array('amber anchor autumn basil beacon birch bridge canal candle canyon castle cedar cherry '
    'cloud copper coral cotton creek crystal dawn delta desert eagle ember falcon feather fern forest fossil garden '
    'glacier granite harbour hazel heron hollow indigo island ivory jasmine juniper lagoon lemon linen maple marble '
    'meadow mirror mist morning mountain nectar ocean olive orchard pebble pepper pine prairie river', ' '))
    with ordinality as list (w, n);

create temp table title as
select c, string_agg(w, ' ' order by k) as words
from generate_series(1, greatest(:chats, :big_chats)) c
cross join generate_series(1, 4) k
join word on word.n = abs(hashint4(c * 4 + k)) % 60
group by c;
create unique index on title (c);

create temp table chat_row as
select w.user_id, w.n, c, (1000000000000000 + c)::text as id,
    case when c = 1 then w.long_chat when c <= w.nine_upto + 1 then 9 else w.per_chat end as messages,
    initcap(t.words)
        || case when w.every is null and c % 5 = 0 then ' Lantern' when c % w.every = 0 then ' Quasar' else '' end as title,
    -- in another order than created, as chats are taken up again
    timestamptz '2026-02-01 00:00Z' + (c * 7919 % w.chats) * interval '37 seconds' as updated_at
from who w
cross join lateral generate_series(1, w.chats) c
join title t using (c)
order by w.n, c;

insert into chatkeep.chat (user_id, id, created_at, title, model_id, updated_at, change_seq, path, stored_messages)
select user_id, id, timestamptz '2026-01-01 00:00Z' + c * interval '19 seconds', title, 'demo', updated_at,
    sum(messages + 1) over (partition by user_id order by c), array[[0, 1, messages]], messages
from chat_row;

insert into chatkeep.chat_title (user_id, chat_id, folded, terms)
select user_id, id, lower(title), array_to_tsvector(array(
    select right(user_id::text, 12) || word from unnest(string_to_array(lower(title), ' ')) as word))
from chat_row;

insert into chatkeep.user_head (user_id, change_seq, active_chats, messages)
select user_id, sum(messages + 1), count(*), sum(messages)
from chat_row
group by user_id;

create temp table body as
select g as n, jsonb_build_array(jsonb_build_object('type', 'text', 'text', string_agg(w, ' ' order by k))) as parts
from generate_series(0, 999) g
cross join generate_series(1, 140) k
join word on word.n = abs(hashint4(g * 140 + k)) % 60
group by g;
create unique index on body (n);
create index on chat_row (n, c);
analyze body;
analyze chat_row;

select format($$
    insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts, metadata, created_at)
    select r.user_id, r.id, 0, p, (1000000000 * c::bigint + p)::text, case when p %% 2 = 1 then 'user' else 'assistant' end,
        'complete', b.parts,
        case when p %% 2 = 0 then '{"modelId": "demo", "tokens": {"inputTokens": 210, "outputTokens": 190}}'::jsonb end,
        r.updated_at - (r.messages - p) * interval '11 seconds'
    from (select * from chat_row where %s order by n, c) r
    cross join lateral generate_series(%s, least(r.messages, %s)) p
    join body b on b.n = (r.c * 31 + p * 7 + r.n) %% 1000
    $$, who, first, last)
from (
    select 'n < 900000000' as who, burst * 6 + 1 as first, burst * 6 + 6 as last
    from generate_series(0, (:messages - 1) / 6) burst
    union all
    select 'n > 900000000', 1, 2000000
) step
order by who, first
\gexec

insert into chatkeep_bench.loaded select :'scale', now();
