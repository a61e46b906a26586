using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PatientGrains.Log;

/// <summary>What a ring holds.</summary>
internal sealed record KeyRingContent(uint Current, ImmutableSortedDictionary<uint, byte[]> Keys, byte[] Root, byte[] Signing)
{
    public static KeyRingContent New()
    {
        using var signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new KeyRingContent(
            1,
            ImmutableSortedDictionary<uint, byte[]>.Empty.Add(1, RandomNumberGenerator.GetBytes(KeyRing.DataKeySize)),
            RandomNumberGenerator.GetBytes(32),
            signer.ExportPkcs8PrivateKey());
    }

    public void Clear()
    {
        foreach (var key in Keys.Values)
            CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(Root);
        CryptographicOperations.ZeroMemory(Signing);
    }
}

/// <summary>The ring as a JSON file with base64 values, mode 0600, replaced atomically and durably.</summary>
internal static class KeyRingFile
{
    private const int Format = 1;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int MaxBytes = 1 << 20;

    private sealed record Shape(
        [property: JsonPropertyName("format")] int Format,
        [property: JsonPropertyName("current")] uint Current,
        [property: JsonPropertyName("keys")] Dictionary<string, byte[]> Keys,
        [property: JsonPropertyName("root")] byte[] Root,
        [property: JsonPropertyName("signing")] byte[] Signing);

    public static KeyRingContent Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new KeyRingException($"There is no key ring at {path}.");
        if (!OperatingSystem.IsWindows() && (file.UnixFileMode & ~(OwnerOnly | UnixFileMode.UserExecute)) != 0)
            throw new KeyRingException($"The key ring {path} is open to group or others. Only its owner may read it: chmod 600.");
        if (file.Length > MaxBytes)
            throw new KeyRingException($"{path} is not a key ring.");
        var bytes = File.ReadAllBytes(path);
        try
        {
            return Checked(JsonSerializer.Deserialize<Shape>(bytes)) ?? throw new KeyRingException(
                $"{path} is not a key ring of format {Format}.");
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException)
        {
            throw new KeyRingException($"{path} is not a key ring of format {Format}.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static KeyRingContent? Checked(Shape? shape)
    {
        if (shape is not { Format: Format, Keys: not null, Root.Length: 32, Signing.Length: > 0 })
            return null;
        var keys = shape.Keys.ToImmutableSortedDictionary(k => uint.Parse(k.Key, CultureInfo.InvariantCulture), k => k.Value);
        if (!keys.ContainsKey(shape.Current) || keys.Values.Any(k => k is not { Length: KeyRing.DataKeySize }))
            return null;
        return new KeyRingContent(shape.Current, keys, shape.Root, shape.Signing);
    }

    public static void Write(string path, KeyRingContent content, bool replace)
    {
        if (!replace && File.Exists(path))
            throw new KeyRingException($"There is a key ring at {path} already; it is never overwritten.");
        var keys = content.Keys.ToDictionary(k => k.Key.ToString(CultureInfo.InvariantCulture), k => k.Value);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new Shape(Format, content.Current, keys, content.Root, content.Signing));
        try
        {
            DurableFile.Write(path, bytes, OwnerOnly, replace);
        }
        catch (IOException e) when (!replace && File.Exists(path))
        {
            throw new KeyRingException($"There is a key ring at {path} already; it is never overwritten. ({e.GetType().Name})");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
