using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Feeds;

/// <summary>A subscription as it is asked for.</summary>
internal sealed record FeedAsk
{
    public required Feed Feed { get; init; }
    public required Requester Who { get; init; }

    /// <summary>Ties the access entries of all deliveries to the front's trace.</summary>
    public required string RequestId { get; init; }

    /// <summary>When its token expires: nothing leaves after that.</summary>
    public required DateTimeOffset Until { get; init; }

    public FeedFilter Filter { get; init; } = new();

    /// <summary>Goes before <see cref="FromBeginning"/>; null for none.</summary>
    public string? Cursor { get; init; }

    /// <summary>Without a cursor: the first line that there ever was, not the next that comes.</summary>
    public bool FromBeginning { get; init; }

    /// <summary>Whether any line of a log can be for it, as far as the log's name tells; the record decides the rest.</summary>
    public bool CanMatch(string log) => Filter.Patients.IsEmpty
        || (PatientOf(log) is { } patient && Filter.Patients.Contains(patient, StringComparer.Ordinal));

    /// <summary>The patient whose log it is, null for a log of no patient.</summary>
    public static string? PatientOf(string log) => log.StartsWith("Patient/", StringComparison.Ordinal) ? log["Patient/".Length..] : null;
}

/// <summary>Why there is no subscription; the fronts' tables give each its status.</summary>
internal enum FeedProblem
{
    /// <summary>Not a cursor of this software.</summary>
    CursorUnreadable,
    CursorOfOtherFeed,
    CursorOfOtherStore,
    /// <summary>The feed has never come as far, or the store was set back.</summary>
    CursorBeyondHead,
    /// <summary>More values, or longer ones, than the limits allow.</summary>
    FilterTooLarge,
    /// <summary>A filter that this feed does not know.</summary>
    FilterNotOfFeed,
    TooManySubscribers,
    TooManyOfRequester,
}

/// <summary>Why there is no subscription: one of the two is set.</summary>
internal sealed record FeedRefusal(FeedProblem? Problem, Rule? Rule);

/// <summary>A line that a subscriber may have, shared by all who get it.</summary>
/// <param name="Number">In the whole feed.</param>
/// <param name="Cursor">Behind it.</param>
/// <param name="Log">Whose event it is; empty when the subscriber is not to know whose unreadable line it is.</param>
/// <param name="Happened">The event; null for a line that could not be read.</param>
/// <param name="CursorBefore">Only of a line that could not be read: where to come back for its content.</param>
internal sealed record FeedEntry(long Number, string Cursor, string Log, Event? Happened, string? CursorBefore = null)
{
    private object? _written, _sent;

    /// <summary>The entry as a front writes it, made once however many subscribers get it.</summary>
    public T Written<T>(Func<FeedEntry, T> write)
        where T : class => Once(ref _written, write);

    /// <summary>The same for what a front sends, which is more than the entry.</summary>
    public T Sent<T>(Func<FeedEntry, T> write)
        where T : class => Once(ref _sent, write);

    private T Once<T>(ref object? made, Func<FeedEntry, T> make)
        where T : class
    {
        if (made is T already)
            return already;
        var fresh = make(this);
        made = fresh;
        return fresh;
    }
}

/// <summary>Why a subscription ended from this side.</summary>
internal enum FeedEnd
{
    TokenExpired = 1,
    ServerStops = 2,
}

/// <summary>What is new for a subscriber.</summary>
/// <param name="Entries">In feed order; empty when only the position is told, or the end.</param>
/// <param name="Cursor">Behind all of them, and behind what was not for this subscriber.</param>
/// <param name="Position">The number that it stands for.</param>
/// <param name="Head">The feed's last number.</param>
/// <param name="IsHeartbeat">The subscriber is to be told position and head: nothing was said for a while, or it is behind.</param>
/// <param name="End">Set when nothing follows.</param>
internal sealed record FeedNews(IReadOnlyList<FeedEntry> Entries, string Cursor, long Position, long Head, bool IsHeartbeat, FeedEnd? End);
