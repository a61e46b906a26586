using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Feeds;

/// <summary>
/// Where a subscriber stands in a feed, as 32 characters of base64url: version, feed, number, digest of the store's id, check digits. It
/// is no secret and grants nothing, every delivery is decided anew; the digits are there so that what is no cursor is told apart from
/// what is an old one.
/// </summary>
internal static class FeedCursor
{
    private const byte Version = 1;
    private const int NumberAt = 2;
    private const int StoreAt = NumberAt + sizeof(long);
    private const int CheckAt = StoreAt + 8;
    private const int Bytes = CheckAt + 6;
    private const int Chars = Bytes / 3 * 4;

    public static string Write(Feed feed, string storeId, long number)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        bytes[0] = Version;
        bytes[1] = (byte)feed;
        BinaryPrimitives.WriteInt64BigEndian(bytes[NumberAt..], number);
        DigestOf(storeId, bytes[StoreAt..CheckAt]);
        Check(bytes[..CheckAt], bytes[CheckAt..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <param name="text">What the subscriber sent.</param>
    /// <param name="feed">The feed that it subscribes to.</param>
    /// <param name="page">Any page of that feed: names the store and its head.</param>
    /// <param name="number">The number of the last line that it had, when the return value is null.</param>
    public static FeedProblem? Read(string text, Feed feed, FeedPage page, out long number)
    {
        number = 0;
        Span<byte> bytes = stackalloc byte[Bytes];
        Span<byte> expected = stackalloc byte[8];
        if (text.Length != Chars || !Base64Url.IsValid(text))
            return FeedProblem.CursorUnreadable;
        Base64Url.DecodeFromChars(text, bytes);
        Check(bytes[..CheckAt], expected[..6]);
        if (bytes[0] != Version || !bytes[CheckAt..].SequenceEqual(expected[..6]))
            return FeedProblem.CursorUnreadable;
        if (bytes[1] != (byte)feed)
            return FeedProblem.CursorOfOtherFeed;
        DigestOf(page.StoreId, expected);
        if (!bytes[StoreAt..CheckAt].SequenceEqual(expected))
            return FeedProblem.CursorOfOtherStore;
        number = BinaryPrimitives.ReadInt64BigEndian(bytes[NumberAt..]);
        // A store that was restored from a backup has fewer lines than it had: to go on from there would pass over what comes next.
        return number < 0 || number > page.Head ? FeedProblem.CursorBeyondHead : null;
    }

    private static void DigestOf(string storeId, Span<byte> to)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(storeId), hash);
        hash[..to.Length].CopyTo(to);
    }

    private static void Check(ReadOnlySpan<byte> of, Span<byte> to)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(of, hash);
        hash[..to.Length].CopyTo(to);
    }
}
