using System.Security.Cryptography;
using System.Text;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>SHA-256 of what was submitted, as it arrived: the same message id with another digest is refused.</summary>
internal static class ContentDigest
{
    /// <param name="body">The bytes of the body; empty for a delete.</param>
    /// <param name="intent">Everything that is asked beside the body: interaction, id, conditions.</param>
    public static Blob Of(ReadOnlyMemory<byte> body, params ReadOnlySpan<string?> intent)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string? part in intent)
        {
            // Lengths keep different intents different; a part that is missing is not one that is empty.
            hash.AppendData(BitConverter.GetBytes(part?.Length ?? -1));
            hash.AppendData(Encoding.UTF8.GetBytes(part ?? ""));
        }
        hash.AppendData(body.Span);
        return new Blob(hash.GetHashAndReset());
    }
}
