using PatientGrains.Core.Record;
using PatientGrains.Gateway.Feeds;

namespace PatientGrains.Simulation.Actors;

/// <summary>Everything that clients and subscribers saw, for the checkers.</summary>
internal sealed class Ledger
{
    public List<Operation> Operations { get; } = [];

    public List<Delivery> Deliveries { get; } = [];

    /// <summary>Failures that no fault of the simulation explains.</summary>
    public List<string> Surprises { get; } = [];
}

/// <summary>Something that a client wants, however often it has to ask for it.</summary>
internal sealed class Operation
{
    public required string Client { get; init; }

    /// <summary>The log that is asked.</summary>
    public required string Log { get; init; }

    /// <summary>Null for a transaction.</summary>
    public Command? Command { get; init; }

    public Transaction? Transaction { get; init; }

    /// <summary>Step at which it was first sent.</summary>
    public long BegunAt { get; set; }

    /// <summary>Step at which it was answered for good; null while it is not, or was given up.</summary>
    public long? EndedAt { get; set; }

    public Outcome? Outcome { get; set; }

    public List<Attempt> Attempts { get; } = [];

    /// <summary>The client lost interest, and never heard what became of it.</summary>
    public bool IsGivenUp { get; set; }

    public Submit? Submit => Command as Submit ?? Transaction?.Own;
}

/// <summary>One request. Its id stands in the access entries that it brings about.</summary>
internal sealed class Attempt
{
    public required string RequestId { get; init; }
    public required long SentAt { get; init; }
    public long? AnsweredAt { get; set; }

    /// <summary>The network did not repeat it.</summary>
    public bool CameOnce { get; set; } = true;

    /// <summary>Null when it had none: lost, late, or a failure.</summary>
    public Outcome? Outcome { get; set; }
}

/// <summary>A line that arrived at a subscriber.</summary>
/// <param name="Step">When.</param>
/// <param name="Subscriber">Who.</param>
/// <param name="RequestId">Of the subscription; another one after each time that it came back.</param>
/// <param name="Entry">What.</param>
internal sealed record Delivery(long Step, string Subscriber, string RequestId, FeedEntry Entry);
