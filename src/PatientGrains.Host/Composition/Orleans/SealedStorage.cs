using System.Security.Cryptography;
using System.Text;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using PatientGrains.Log;

namespace PatientGrains.Host.Composition;

/// <summary>
/// What Orleans's own grains keep in a store that others can read. The id of a grain that keeps the subscriptions of a patient's stream
/// names the patient, and so does its state: the store sees a keyed hash for the one and AES-256-GCM for the other, which is bound to that
/// hash, so that no row can take another's place.
/// </summary>
internal sealed class SealedStorage : IGrainStorage
{
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private static readonly GrainType Blinded = GrainType.Create("sealed");

    private readonly IGrainStorage _store;
    private readonly IGrainStorageSerializer _serializer;
    private readonly IActivatorProvider _activators;
    private readonly byte[] _idKey;
    private readonly byte[] _stateKey;

    public SealedStorage(IGrainStorage store, IGrainStorageSerializer serializer, IActivatorProvider activators, KeyRing ring)
    {
        (_store, _serializer, _activators) = (store, serializer, activators);
        (_idKey, _stateKey) = (ring.Derive("stored grain ids"), ring.Derive("stored grain states"));
    }

    /// <exception cref="CryptographicException">The state is not what this key ring sealed for this grain.</exception>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var id = Blind(grainId);
        var stored = new GrainState<SealedState>(new SealedState());
        await _store.ReadStateAsync(stateName, id, stored);
        (grainState.ETag, grainState.RecordExists) = (stored.ETag, stored.RecordExists);
        grainState.State = stored is { RecordExists: true, State: { } state }
            ? _serializer.Deserialize<T>(new BinaryData(Open(id, state.Bytes)))!
            : _activators.GetActivator<T>().Create();
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var id = Blind(grainId);
        byte[] bytes = Seal(id, _serializer.Serialize(grainState.State).ToMemory().Span);
        var stored = new GrainState<SealedState>(new SealedState { Bytes = bytes }, grainState.ETag);
        await _store.WriteStateAsync(stateName, id, stored);
        (grainState.ETag, grainState.RecordExists) = (stored.ETag, stored.RecordExists);
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var stored = new GrainState<SealedState>(new SealedState(), grainState.ETag);
        await _store.ClearStateAsync(stateName, Blind(grainId), stored);
        (grainState.ETag, grainState.RecordExists) = (stored.ETag, stored.RecordExists);
        grainState.State = _activators.GetActivator<T>().Create();
    }

    private GrainId Blind(GrainId id) =>
        GrainId.Create(Blinded, Convert.ToHexStringLower(HMACSHA256.HashData(_idKey, Encoding.UTF8.GetBytes(id.ToString()))));

    /// <summary>A random nonce, the ciphertext, the tag.</summary>
    private byte[] Seal(GrainId id, ReadOnlySpan<byte> plain)
    {
        byte[] bytes = new byte[NonceSize + plain.Length + TagSize];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, NonceSize));
        using var aes = new AesGcm(_stateKey, TagSize);
        aes.Encrypt(bytes.AsSpan(0, NonceSize), plain, bytes.AsSpan(NonceSize, plain.Length), bytes.AsSpan(^TagSize), Bound(id));
        return bytes;
    }

    private byte[] Open(GrainId id, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < NonceSize + TagSize)
            throw new CryptographicException("A stored state is too short to be sealed.");
        byte[] plain = new byte[bytes.Length - NonceSize - TagSize];
        using var aes = new AesGcm(_stateKey, TagSize);
        aes.Decrypt(bytes[..NonceSize], bytes[NonceSize..^TagSize], bytes[^TagSize..], plain, Bound(id));
        return plain;
    }

    private static byte[] Bound(GrainId id) => Encoding.UTF8.GetBytes(id.ToString());
}

/// <summary>All that the store is given of a state.</summary>
internal sealed class SealedState
{
    public byte[] Bytes { get; set; } = [];
}
