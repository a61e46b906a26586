using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// Locator keys, a small blob each, <c>claims/key</c>: who held the key, and who holds it if the commit that it names is where it was to
/// go. So a claim takes effect in the moment in which its commit does, and nothing has to be written after that; whoever changes the key
/// next writes down what came of it. A reservation that came to nothing hinders nobody.
/// </summary>
internal sealed class ClaimBlobs(BlobClient client, Decisions decisions)
{
    /// <summary>What a claim's blob says.</summary>
    /// <param name="Owner">Who held the key before.</param>
    /// <param name="Next">Who holds it when the commit counts; nobody after a release.</param>
    /// <param name="By">The commit; its hash is zero when any commit at the position will do that makes the same claim.</param>
    private readonly record struct State(LogId? Owner, LogId? Next, Decider By)
    {
        private const int Size = 104;

        public static State Read(ReadOnlySpan<byte> from)
        {
            if (from.Length != Size || from[0] != (byte)'K' || from[1] != 1)
                throw new LogFailedException("A claim's blob is not what was written.");
            return new State(
                (from[2] & 1) != 0 ? LogId.Read(from[8..]) : null,
                (from[2] & 2) != 0 ? LogId.Read(from[24..]) : null,
                new Decider(LogId.Read(from[40..]), new BlobPosition(BinaryPrimitives.ReadInt64LittleEndian(from[56..])),
                    ChainHash.Read(from[64..])));
        }

        public byte[] Write()
        {
            byte[] to = new byte[Size];
            (to[0], to[1]) = ((byte)'K', 1);
            to[2] = (byte)((Owner is null ? 0 : 1) | (Next is null ? 0 : 2));
            Owner?.Write(to.AsSpan(8));
            Next?.Write(to.AsSpan(24));
            By.Log.Write(to.AsSpan(40));
            BinaryPrimitives.WriteInt64LittleEndian(to.AsSpan(56), By.At.Value);
            By.Hash.Write(to.AsSpan(64));
            return to;
        }
    }

    /// <summary>What an append has reserved, to give back when it is refused.</summary>
    internal sealed class Reserved
    {
        internal ConcurrentDictionary<BlindKey, (LogId? Owner, string Tag)> Keys { get; } = [];
    }

    private static string Name(BlindKey key) => $"claims/{key}";

    public async Task<LogId?> Locate(BlindKey key, CancellationToken cancel)
    {
        if (await client.GetWhole(Name(key), cancel).ConfigureAwait(false) is not { } blob)
            return null;
        var state = State.Read(blob.Bytes.Span);
        return state.By != default && await decisions.Look(state.By, key, cancel).ConfigureAwait(false) == true ? state.Next : state.Owner;
    }

    /// <summary>A claim or release of an append.</summary>
    private readonly record struct Change(BlindKey Key, LogId? Wanted, LogId Log, LogId? Replaces);

    /// <summary>
    /// Reserves the claims and releases of an append for the commit that will decide it. Waits for other appends that are neither there nor
    /// given up. Two that wait for each other's keys would wait for good: the one whose log comes later gives its own back first.
    /// </summary>
    /// <exception cref="ClaimTakenException">Another log holds a key: the first such claim in the order of the append.</exception>
    public async Task Reserve(AppendBatch batch, Decider by, Reserved reserved)
    {
        List<Change> all =
        [
            .. batch.Claims.Select(claim => new Change(claim.Key, claim.Log, claim.Log, claim.Replaces)),
            .. batch.Releases.Select(release => new Change(release.Key, null, release.Log, null)),
        ];
        for (var left = all; left.Count > 0;)
        {
            var tried = await Task.WhenAll(left.Select(async change => (Change: change,
                Result: await Reserve(change, by, reserved).ConfigureAwait(false)))).ConfigureAwait(false);
            foreach (var (change, (holder, _)) in tried)
            {
                if (holder is { } other)
                    throw new ClaimTakenException(change.Key, other);
            }
            var doubtful = tried.Where(t => t.Result.Doubt is not null).ToList();
            left = doubtful.ConvertAll(t => t.Change);
            if (doubtful.Any(t => t.Result.Doubt!.Value.Log.CompareTo(by.Log) < 0))
            {
                await GiveBack(reserved).ConfigureAwait(false);
                reserved.Keys.Clear();
                left = all;
            }
            foreach (var other in doubtful.Select(t => t.Result.Doubt!.Value).Distinct())
                await decisions.Counts(other).ConfigureAwait(false);
            if (doubtful.Count == 0)
                return;
        }
    }

    /// <summary>Who holds the key, or whose append has to be waited for; neither when it is reserved.</summary>
    private async Task<(LogId? Holder, Decider? Doubt)> Reserve(Change change, Decider by, Reserved reserved)
    {
        var (key, wanted, log, replaces) = change;
        // Most claims are of keys that nobody ever had.
        if (wanted is not null && await client.Put(Name(key), new State(null, wanted, by).Write(), "").ConfigureAwait(false) is { } first)
        {
            reserved.Keys[key] = (null, first);
            return default;
        }
        while (true)
        {
            var blob = await client.GetWhole(Name(key)).ConfigureAwait(false);
            LogId? owner = null;
            if (blob is { } there)
            {
                var state = State.Read(there.Bytes.Span);
                if (state.By == by)
                    return default;
                var counts = state.By == default ? false : await decisions.Look(state.By, key).ConfigureAwait(false);
                owner = counts == true ? state.Next : state.Owner;
                bool isRival = state.By.Log == by.Log && state.By.At == by.At && state.Next == wanted;
                if (counts is null && !isRival)
                    return (null, state.By);
                if (counts is null && !IsHeld(change, owner) && await Share(key, state, by, there.Tag).ConfigureAwait(false))
                    return default;
                if (counts is null && !IsHeld(change, owner))
                    continue;
            }
            if (IsHeld(change, owner))
                return (owner, null);
            if (wanted is null ? owner != log : owner == log)
                return default;
            if (await client.Put(Name(key), new State(owner, wanted, by).Write(), blob?.Tag ?? "").ConfigureAwait(false) is { } tag)
            {
                reserved.Keys[key] = (owner, tag);
                return default;
            }
        }
    }

    private static bool IsHeld(Change change, LogId? owner) =>
        change.Wanted is not null && owner is not null && owner != change.Log && owner != change.Replaces;

    /// <summary>Another activation wants the same for a commit at the same position: it is for whichever of them lands there.</summary>
    private async Task<bool> Share(BlindKey key, State state, Decider by, string tag) =>
        state.By.Hash == default
        || await client.Put(Name(key), (state with { By = by with { Hash = default } }).Write(), tag).ConfigureAwait(false) is not null;

    private async Task<LogId?> OwnerOf(State state, BlindKey key)
    {
        if (state.By == default)
            return state.Owner;
        if (await decisions.Look(state.By, key).ConfigureAwait(false) is { } counts)
            return counts ? state.Next : state.Owner;
        // Waits for it, and sees to it that something is there.
        await decisions.Counts(state.By).ConfigureAwait(false);
        return await decisions.Look(state.By, key).ConfigureAwait(false) == true ? state.Next : state.Owner;
    }

    /// <summary>Gives back what an append reserved that will not be written.</summary>
    public Task GiveBack(Reserved reserved) => Task.WhenAll(reserved.Keys.Select(key => Set(key.Key, key.Value.Owner, key.Value.Tag)));

    /// <summary>Frees a key if a log holds it.</summary>
    public async Task Free(BlindKey key, LogId log)
    {
        while (await client.GetWhole(Name(key)).ConfigureAwait(false) is { } blob
            && await OwnerOf(State.Read(blob.Bytes.Span), key).ConfigureAwait(false) == log)
            await Set(key, null, blob.Tag).ConfigureAwait(false);
    }

    private Task Set(BlindKey key, LogId? owner, string tag) =>
        owner is null
            ? client.Delete(Name(key), tag)
            : client.Put(Name(key), new State(owner, owner, default).Write(), tag);
}
