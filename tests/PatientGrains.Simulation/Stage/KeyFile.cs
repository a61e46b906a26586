using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using PatientGrains.Log;

namespace PatientGrains.Simulation.Stage;

/// <summary>
/// A key ring whose root is the seed's, so that the order of blinded ids is too; and its keys as they lie in the file, for checkers that
/// open commits by their own means.
/// </summary>
internal sealed class KeyFile : IDisposable
{
    /// <summary>Signs nothing here, but a ring has one; made once, because making one is slow.</summary>
    private static readonly byte[] Signing = NewSigning();

    private readonly string _folder = Directory.CreateTempSubdirectory("patientgrains-simulation-").FullName;
    private readonly string _path;

    public KeyFile(int seed)
    {
        _path = Path.Combine(_folder, "keys.ring");
        var content = new
        {
            format = 1,
            current = 1,
            keys = new Dictionary<string, byte[]> { ["1"] = Secret(seed, "key") },
            root = Secret(seed, "root"),
            signing = Signing,
        };
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        // A ring that others may read is refused.
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(_path, options))
            JsonSerializer.Serialize(file, content);
        Ring = KeyRing.Open(_path);
    }

    public KeyRing Ring { get; }

    /// <summary>The key-encryption keys by number.</summary>
    public IReadOnlyDictionary<uint, byte[]> Keys()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(_path));
        return document.RootElement.GetProperty("keys").EnumerateObject().ToDictionary(
            key => uint.Parse(key.Name, CultureInfo.InvariantCulture), key => key.Value.GetBytesFromBase64());
    }

    private static byte[] Secret(int seed, string purpose) =>
        SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{purpose} {seed}")));

    private static byte[] NewSigning()
    {
        using var signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return signer.ExportPkcs8PrivateKey();
    }

    public void Dispose()
    {
        Ring.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
