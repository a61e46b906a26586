using Azure.Core;
using Azure.Core.Pipeline;

namespace PatientGrains.Log;

/// <summary>Where an <see cref="AzureBlobLog"/> keeps its logs, and its limits. Tests make them small.</summary>
public sealed record AzureBlobLogOptions
{
    /// <summary>The account's blob endpoint, such as <c>https://account.blob.core.windows.net</c>; an emulator's has the account in its
    /// path.</summary>
    public required Uri AccountUrl { get; init; }

    /// <summary>Made when it is not there. It belongs to one store, and holds nothing else.</summary>
    public required string Container { get; init; }

    /// <summary>The account's name, when <see cref="SharedKey"/> signs for it.</summary>
    public string AccountName { get; init; } = "";

    /// <summary>The account's key, in base64. Else <see cref="Credential"/> is used.</summary>
    public string? SharedKey { get; init; }

    /// <summary>Gives tokens of Entra ID for <c>https://storage.azure.com/.default</c>.</summary>
    public TokenCredential? Credential { get; init; }

    /// <summary>Names this process in its note of what it is writing; several may have the same.</summary>
    public string Instance { get; init; } = "instance";

    /// <summary>How long a request that fails or gets no answer is tried again before the store counts as broken.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one request may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long somebody else's append that is neither there nor given up is waited for; then it is fenced.</summary>
    public TimeSpan InDoubt { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often waiting for feeds and due times looks for what other processes wrote.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often idle logs are marked as settled, and the notes of other processes are looked at.</summary>
    public TimeSpan UpkeepEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the notes of a process that has ended are kept after they were settled.</summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Requests on their way at a time.</summary>
    public int Requests { get; init; } = 64;

    /// <summary>Appends that wait or are on their way; past it, an append is refused as busy. Past half of it the log is crowded.</summary>
    public int MaxWaiting { get; init; } = 16_384;

    /// <summary>Their bytes, likewise.</summary>
    public long MaxWaitingBytes { get; init; } = 256 << 20;

    /// <summary>Blocks of an append blob before the next one is begun. The service takes 50,000; some are left for those who did not see
    /// that it is full.</summary>
    public int BlocksPerBlob { get; init; } = 49_000;

    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Tests fail and count requests here.</summary>
    internal HttpPipelineTransport? Transport { get; init; }
}
