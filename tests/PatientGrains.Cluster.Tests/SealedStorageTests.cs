using System.Security.Cryptography;
using System.Text.Json;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization.Activators;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using PatientGrains.Host.Composition;
using PatientGrains.Log;

namespace PatientGrains.Cluster.Tests;

/// <summary>What a store of Orleans's own grains sees of them, and what it can do with it.</summary>
public sealed class SealedStorageTests
{
    private const string Name = "subscriptions";
    private static readonly GrainId Anna = GrainId.Create("stream", "patient/anna");
    private static readonly GrainId Bert = GrainId.Create("stream", "patient/bert");

    private readonly Store _store = new();
    private readonly KeyRing _ring = KeyRing.Ephemeral();

    [Fact]
    public async Task A_state_comes_back_under_its_grain_and_is_gone_when_it_was_cleared()
    {
        var written = new GrainState<Note>(new Note { Text = "of anna" });
        await With(_ring).WriteStateAsync(Name, Anna, written);
        Assert.True(written.RecordExists);
        Assert.Equal("of anna", (await Read(With(_ring), Anna)).State!.Text);
        Assert.False((await Read(With(_ring), Bert)).RecordExists);
        await With(_ring).ClearStateAsync(Name, Anna, written);
        var cleared = await Read(With(_ring), Anna);
        Assert.Equal((false, ""), (cleared.RecordExists, cleared.State!.Text));
    }

    [Fact]
    public async Task The_store_sees_neither_the_id_nor_the_state()
    {
        await With(_ring).WriteStateAsync(Name, Anna, new GrainState<Note>(new Note { Text = "of anna" }));
        var (id, bytes) = Assert.Single(_store.Rows);
        Assert.DoesNotContain("anna", id.ToString(), StringComparison.Ordinal);
        Assert.Equal(-1, bytes.AsSpan().IndexOf("anna"u8));
    }

    [Fact]
    public async Task What_another_ring_sealed_or_another_grain_is_refused()
    {
        await With(_ring).WriteStateAsync(Name, Anna, new GrainState<Note>(new Note { Text = "of anna" }));
        await With(_ring).WriteStateAsync(Name, Bert, new GrainState<Note>(new Note { Text = "of bert" }));
        var (first, second) = (_store.Rows.First(), _store.Rows.Last());
        (_store.Rows[first.Key], _store.Rows[second.Key]) = (second.Value, first.Value);
        await Assert.ThrowsAnyAsync<CryptographicException>(() => Read(With(_ring), Anna));
        _store.Rows[first.Key] = [.. first.Value[..^1], (byte)(first.Value[^1] ^ 1)];
        await Assert.ThrowsAnyAsync<CryptographicException>(() => Read(With(_ring), Anna));
        _store.Rows[first.Key] = [];
        await Assert.ThrowsAnyAsync<CryptographicException>(() => Read(With(_ring), Anna));
        // Another ring does not even find the row.
        using var other = KeyRing.Ephemeral();
        Assert.False((await Read(With(other), Anna)).RecordExists);
    }

    private SealedStorage With(KeyRing ring) => new(_store, new Json(), new Made(), ring);

    private static async Task<GrainState<Note>> Read(SealedStorage storage, GrainId id)
    {
        var state = new GrainState<Note>(new Note { Text = "stale" });
        await storage.ReadStateAsync(Name, id, state);
        return state;
    }

    private sealed class Note
    {
        public string Text { get; set; } = "";
    }

    /// <summary>Rows in memory.</summary>
    private sealed class Store : IGrainStorage
    {
        public Dictionary<GrainId, byte[]> Rows { get; } = [];

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            grainState.RecordExists = Rows.TryGetValue(grainId, out byte[]? bytes);
            grainState.State = (T)(object)new SealedState { Bytes = bytes ?? [] };
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            Rows[grainId] = ((SealedState)(object)grainState.State!).Bytes;
            grainState.RecordExists = true;
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            Rows.Remove(grainId);
            grainState.RecordExists = false;
            return Task.CompletedTask;
        }
    }

    private sealed class Json : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input));

        public T? Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input.ToMemory().Span);
    }

    private sealed class Made : IActivatorProvider
    {
        public IActivator<T> GetActivator<T>() => new Activated<T>();

        private sealed class Activated<T> : IActivator<T>
        {
            public T Create() => Activator.CreateInstance<T>();
        }
    }
}
