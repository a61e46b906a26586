using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PatientGrains.Simulation.Stage;

/// <summary>
/// What clients and subscribers saw, and what was done to the system, line by line. Its digest is the same for the same seed.
/// </summary>
internal sealed class History(SimWorld world)
{
    private const int Kept = 4000;

    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Queue<string> _tail = [];

    /// <summary>Every line is told to this too; null for nobody.</summary>
    public Action<string>? Listener { get; set; }

    public void Say(string who, string what)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{world.Now:c} #{world.Step} {who}: {what}");
        Mix(Encoding.UTF8.GetBytes(line));
        _tail.Enqueue(line);
        if (_tail.Count > Kept)
            _tail.Dequeue();
        Listener?.Invoke(line);
    }

    /// <summary>Lets bytes count in the digest.</summary>
    public void Mix(ReadOnlySpan<byte> bytes) => _digest.AppendData(bytes);

    public string Digest() => Convert.ToHexStringLower(_digest.GetCurrentHash())[..32];

    public IEnumerable<string> Tail(int lines) => _tail.Skip(Math.Max(0, _tail.Count - lines));
}
