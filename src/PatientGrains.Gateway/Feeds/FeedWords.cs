namespace PatientGrains.Gateway.Feeds;

/// <summary>What subscribers are told, whatever front they come by.</summary>
internal static class FeedWords
{
    public static string Of(FeedProblem problem) => problem switch
    {
        FeedProblem.CursorUnreadable => "The cursor is none of this software's; take it as it was sent.",
        FeedProblem.CursorOfOtherFeed => "The cursor belongs to another feed.",
        FeedProblem.CursorOfOtherStore => "The cursor belongs to another store.",
        FeedProblem.CursorBeyondHead => "The cursor is beyond the last line of the feed: the store was set back. Begin again.",
        FeedProblem.FilterTooLarge => "A filter has more values, or longer ones, than a subscription may have.",
        FeedProblem.FilterNotOfFeed => "This feed can be filtered by patients only.",
        FeedProblem.TooManySubscribers => "This feed has as many subscribers as the server serves; try again later.",
        FeedProblem.TooManyOfRequester => "The requester has as many subscriptions as one may have; end one first.",
        _ => throw new InvalidOperationException($"{problem} has no words in the table."),
    };

    /// <summary>The part of the request that it is about.</summary>
    public static string FieldOf(FeedProblem problem) =>
        problem is FeedProblem.FilterTooLarge or FeedProblem.FilterNotOfFeed ? "filter" : "cursor";

    public static int StatusOf(FeedProblem problem) =>
        problem is FeedProblem.TooManySubscribers or FeedProblem.TooManyOfRequester ? 429 : 400;
}
