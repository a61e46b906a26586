using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace PatientGrains.Gateway.Fhir;

/// <summary>Where a page of a list starts. In links it is opaque (R4 3.1.1.5.3): clients follow links, they do not make them.</summary>
/// <param name="Skip">How many come before it.</param>
/// <param name="BeforeSeq">For lists that grow at their head: the position in the log that the first page began at, 0 for none.</param>
internal readonly record struct Cursor(int Skip, long BeforeSeq = 0)
{
    public const string Parameter = "_cursor";

    /// <summary>Past this a cursor is made up: no record holds more.</summary>
    private const int MaxSkip = 100_000_000;

    public override string ToString() =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"1 {Skip} {BeforeSeq}")));

    public static bool TryParse(string text, out Cursor cursor)
    {
        cursor = default;
        if (text.Length > 64 || !Base64Url.IsValid(text))
            return false;
        string[] parts = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(text)).Split(' ');
        if (parts is not ["1", var skip, var before]
            || !int.TryParse(skip, NumberStyles.None, CultureInfo.InvariantCulture, out int skipped) || skipped > MaxSkip
            || !long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out long seq))
        {
            return false;
        }
        cursor = new Cursor(skipped, seq);
        return true;
    }
}
